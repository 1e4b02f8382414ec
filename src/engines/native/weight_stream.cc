#include "engines/native/weight_stream.h"

#include <algorithm>

namespace martlet {
namespace {

/// More would push out what the rank still reads: twice as much is slower by a hundredth (MiniLM,
/// 8 tokens).
constexpr std::size_t kMostAhead = 256 << 10;
/// L2 fetches the other line of a pair by itself; half as many requests leave it time to.
constexpr std::size_t kLinePair = 128;

}  // namespace

void WeightStream::go_to(std::size_t product) noexcept {
  next_ = product;
  left_ = product < order_.size() ? order_[product] : Bytes();
}

void WeightStream::begin_pass() noexcept {
  begun_ = 0;
  ahead_ = 0;
  go_to(0);
}

void WeightStream::begin_product(Bytes weights) noexcept {
  if (begun_ == order_.capacity()) return;
  const std::size_t index = begun_++;
  const bool foreseen = index < order_.size() && order_[index].data() == weights.data() &&
                        order_[index].size() == weights.size();
  if (!foreseen) {
    order_.resize(index);
    order_.push_back(weights);
  }
  if (foreseen && next_ > index) {
    ahead_ -= weights.size();
  } else {
    ahead_ = 0;
    go_to(index + 1);
  }
}

WeightStream::Bytes WeightStream::take(std::size_t bytes) noexcept {
  const Bytes taken = left_.first(std::min({bytes, left_.size(), kMostAhead - ahead_}));
  left_ = left_.subspan(taken.size());
  ahead_ += taken.size();
  if (left_.empty() && next_ < order_.size()) go_to(next_ + 1);
  return taken;
}

bool WeightStream::fetch(std::size_t bytes) noexcept {
  const Bytes weights = take(bytes);
  for (std::size_t at = 0; at < weights.size(); at += kLinePair)
    __builtin_prefetch(weights.data() + at, 0, 2);
  return !weights.empty();
}

}  // namespace martlet
