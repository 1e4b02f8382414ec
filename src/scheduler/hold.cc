#include "scheduler/hold.h"

#include <algorithm>

namespace martlet {

void Hold::arrived(Clock::TimePoint now) noexcept {
  constexpr double kNewest = 0.1;   // its weight in the average
  constexpr double kLongest = 1e9;  // one long silence is forgotten after a few arrivals
  const double gap =
      std::min(std::chrono::duration<double, std::nano>(now - last_).count(), kLongest);
  gap_ += kNewest * (gap - gap_);
  last_ = now;
}

Clock::TimePoint Hold::until(
    std::int32_t waiting, Clock::TimePoint oldest,
    std::chrono::duration<double, std::nano> overhead, Clock::TimePoint now
) const noexcept {
  if (max_wait_.count() == 0) return now;
  const double worth = overhead.count() / waiting;
  if (gap_ >= worth) return now;
  const auto silence = std::chrono::nanoseconds(static_cast<std::int64_t>(worth));
  return std::min(oldest + max_wait_, last_ + silence);
}

}  // namespace martlet
