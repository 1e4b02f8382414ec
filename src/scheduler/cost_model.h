// What a batch costs, learned from the batches that ran: time = overhead + tokens x per_token.
//
// A least-squares line through the recent past: every batch weighs a little less than the one after
// it, so the fit follows a machine that slows down, in the course of about a hundred batches.
#pragma once

#include <chrono>
#include <cstdint>

namespace martlet {

class CostModel {
 public:
  using Nanoseconds = std::chrono::duration<double, std::nano>;

  void observe(std::int64_t tokens, std::chrono::nanoseconds time);

  /// Whether anything has been observed; until then every cost is zero.
  [[nodiscard]] bool fitted() const noexcept { return weight_ > 0; }
  [[nodiscard]] Nanoseconds overhead() const noexcept { return overhead_; }
  [[nodiscard]] Nanoseconds per_token() const noexcept { return per_token_; }
  [[nodiscard]] Nanoseconds cost(double batches, double tokens) const noexcept {
    return overhead_ * batches + per_token_ * tokens;
  }

 private:
  void fit();

  // Weighted sums of x = tokens and y = nanoseconds.
  double weight_ = 0;
  double x_ = 0;
  double y_ = 0;
  double xx_ = 0;
  double xy_ = 0;
  Nanoseconds overhead_{0};
  Nanoseconds per_token_{0};
};

}  // namespace martlet
