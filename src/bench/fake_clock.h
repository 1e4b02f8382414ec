// A clock that moves when a test says so.
#pragma once

#include "bench/clock.h"

namespace martlet {

class FakeClock final : public BenchClock {
 public:
  std::chrono::nanoseconds now() override { return now_; }
  void advance(std::chrono::nanoseconds time) { now_ += time; }

 private:
  std::chrono::nanoseconds now_{0};
};

}  // namespace martlet
