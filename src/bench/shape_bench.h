// How fast a model answers batches of one shape: token ids to results, without a tokenizer.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "bench/clock.h"
#include "bench/memory.h"
#include "bench/statistics.h"
#include "engines/native/step_timer.h"
#include "martlet/encoder.h"
#include "martlet/status.h"

namespace martlet {

struct ShapeBenchOptions {
  EncoderOptions encoder{};
  std::int32_t batch = 1;  // sequences
  std::int32_t seq = 128;  // tokens of each, special tokens included
  std::chrono::nanoseconds duration = std::chrono::seconds(3);
  std::uint64_t seed = 1;  // of the token ids, which are new for every run
  bool profile = false;    // also take the time of each step, in runs of their own
};

/// Time of the steps of one forward pass, in ms: the sum over threads.
struct Profile {
  std::size_t runs = 0;
  double wall_ms = 0;  // mean of a pass, with the timers in it
  double steps_ms[kSteps] = {};
  double other_ms = 0;  // threads * wall_ms that no step took: starting, joining, waiting for work
};

struct ShapeReport {
  EncoderInfo info;
  std::string output;  // "logits", "mean", ...
  int threads = 0;
  std::int32_t batch = 0;
  std::int32_t seq = 0;
  Summary ms;  // of a run
  double load_ms = 0;
  double first_run_ms = 0;
  std::size_t warm_up_runs = 0;
  double warm_up_ms = 0;
  double tokens_per_s = 0;
  double macs = 0;  // of a run
  double gmacs_per_s = 0;
  double peak_gmacs_per_s = 0;  // 0: not known for this engine
  MemoryUse memory;             // with the model loaded and warm
  std::optional<Profile> profile;
};

/// kInvalidArgument for a shape the model does not take; else what loading and running can fail
/// with. kUnsupported for a profile of another engine than the native one.
Result<ShapeReport> run_shape_bench(
    const std::filesystem::path& model, const ShapeBenchOptions& options, BenchClock& clock
);

}  // namespace martlet
