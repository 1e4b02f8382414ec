#include "scheduler/cost_model.h"

#include <algorithm>

namespace martlet {
namespace {

constexpr double kMemory = 0.98;  // what one batch more leaves of the weight of those before
// A stall of the machine is no cost of tokens: a batch counts as at most this many times what was
// expected of it, once that is known from a few.
constexpr double kOutlier = 8;
constexpr double kTrusted = 5;  // the weight of a few batches

}  // namespace

void CostModel::observe(std::int64_t tokens, std::chrono::nanoseconds time) {
  const auto x = static_cast<double>(tokens);
  auto y = static_cast<double>(time.count());
  if (weight_ >= kTrusted) y = std::min(y, kOutlier * cost(1, x).count());
  weight_ = weight_ * kMemory + 1;
  x_ = x_ * kMemory + x;
  y_ = y_ * kMemory + y;
  xx_ = xx_ * kMemory + x * x;
  xy_ = xy_ * kMemory + x * y;
  fit();
}

void CostModel::fit() {
  const double variance = weight_ * xx_ - x_ * x_;
  double slope = 0;
  // Batches that are all of one size say nothing about the overhead: it is then counted as none.
  const bool varied = variance > 1e-3 * x_ * x_;
  if (varied) slope = (weight_ * xy_ - x_ * y_) / variance;
  double intercept = (y_ - slope * x_) / weight_;
  if (!varied || intercept < 0) {
    slope = xy_ / xx_;
    intercept = 0;
  } else if (slope < 0) {
    slope = 0;
    intercept = y_ / weight_;
  }
  overhead_ = Nanoseconds(intercept);
  per_token_ = Nanoseconds(slope);
}

}  // namespace martlet
