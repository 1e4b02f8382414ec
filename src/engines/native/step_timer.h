// Where the time of a forward pass goes: `martlet bench --profile`. Off, it costs a null check a
// step.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace martlet {

/// The steps of a forward pass. A step includes what it does to its result: bias, activation,
/// residual.
enum class Step {
  kEmbed,
  kNorm,  // layer norm, and conversion of its rows to the operand of the next product
  kQkv,
  kAttention,
  kConvert,  // other rows to operands
  kOut,
  kFfIn,
  kFfOut,
  kHead,  // pooling, heads, results
  kWait,  // at barriers
};
inline constexpr std::size_t kSteps = 10;

/// "embed", "norm", ... Static storage.
constexpr std::string_view to_string(Step step) noexcept {
  constexpr std::array<std::string_view, kSteps> kNames{
      "embed", "norm", "qkv", "attention", "convert", "out", "ff_in", "ff_out", "head", "wait"
  };
  return kNames[static_cast<std::size_t>(step)];
}

/// Time of one rank, or of all of them together, per step.
struct StepTimes {
  std::array<std::chrono::nanoseconds, kSteps> steps{};

  void add(const StepTimes& other) noexcept {
    for (std::size_t i = 0; i < kSteps; ++i) steps[i] += other.steps[i];
  }
};

/// Splits one rank's pass at the ends of its steps.
class StepTimer {
 public:
  /// Null: measures nothing.
  explicit StepTimer(StepTimes* times) noexcept : times_(times) {
    if (times_ != nullptr) last_ = Clock::now();
  }

  /// What happened since the last call was `step`.
  void done(Step step) noexcept {
    if (times_ == nullptr) return;
    const Clock::time_point now = Clock::now();
    times_->steps[static_cast<std::size_t>(step)] += now - last_;
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  StepTimes* times_;
  Clock::time_point last_;
};

}  // namespace martlet
