// Time by interface: whatever waits, ages or expires is tested with a clock that the test moves.
#pragma once

#include <chrono>
#include <memory>

#include "martlet/export.h"

namespace martlet {

class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  /// Never goes back. Safe to call from any thread.
  virtual TimePoint now() = 0;
};

/// The system's monotonic clock; a changed wall time does not move it.
MARTLET_API std::shared_ptr<Clock> monotonic_clock();

}  // namespace martlet
