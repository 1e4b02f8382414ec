#include "scheduler/fair_share.h"

#include <algorithm>

namespace martlet {

FairShare::FairShare(const std::int32_t (&shares)[kPriorities], std::int64_t burst)
    : burst_(static_cast<double>(burst)) {
  std::copy(std::begin(shares), std::end(shares), shares_.begin());
}

std::size_t FairShare::next(const std::array<bool, kPriorities>& waiting) {
  std::size_t best = kPriorities;
  for (std::size_t c = 0; c < kPriorities; ++c) {
    if (waiting[c] && !was_waiting_[c]) pass_[c] = std::max(pass_[c], floor_);
    if (waiting[c] && (best == kPriorities || pass_[c] < pass_[best])) best = c;
  }
  was_waiting_ = waiting;
  floor_ = std::max(floor_, pass_[best]);
  return best;
}

void FairShare::charge(std::size_t priority, std::int64_t tokens) noexcept {
  const double ahead = floor_ + burst_ / shares_[priority];
  const double paid = pass_[priority] + static_cast<double>(tokens) / shares_[priority];
  pass_[priority] = std::max(pass_[priority], std::min(paid, ahead));
}

}  // namespace martlet
