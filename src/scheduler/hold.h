// When a free worker leaves the queue alone for a moment, so that the batch becomes larger.
//
// Waiting for one request more costs each waiting one the time until it comes, and saves the
// overhead of one batch. So it pays while gap x waiting < overhead, and not for longer than the
// user allows; where requests come slowly it never does.
#pragma once

#include <chrono>
#include <cstdint>

#include "martlet/scheduling.h"

namespace martlet {

class Hold {
 public:
  explicit Hold(const SchedulerOptions& options) : max_wait_(options.max_wait) {}

  void arrived(Clock::TimePoint now) noexcept;

  /// The time until which `waiting` requests should be left alone; at most `now`: not at all.
  [[nodiscard]] Clock::TimePoint until(
      std::int32_t waiting, Clock::TimePoint oldest,
      std::chrono::duration<double, std::nano> overhead, Clock::TimePoint now
  ) const noexcept;

 private:
  std::chrono::nanoseconds max_wait_;
  Clock::TimePoint last_{};
  double gap_ = 1e9;  // between arrivals, in nanoseconds: a moving average
};

}  // namespace martlet
