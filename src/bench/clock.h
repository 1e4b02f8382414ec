// Time, by interface: what measures is tested with a clock that the test moves.
#pragma once

#include <chrono>

namespace martlet {

class BenchClock {
 public:
  virtual ~BenchClock() = default;
  /// Never goes back.
  virtual std::chrono::nanoseconds now() = 0;
};

class SteadyClock final : public BenchClock {
 public:
  std::chrono::nanoseconds now() override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
};

inline double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace martlet
