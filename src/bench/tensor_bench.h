// How fast a graph answers: random tensors of one shape in, all outputs out.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/clock.h"
#include "bench/memory.h"
#include "bench/statistics.h"
#include "martlet/executor.h"
#include "martlet/status.h"

namespace martlet {

struct TensorBenchOptions {
  ExecutorOptions executor{};
  /// Shapes of inputs, by name; that of "" is of the only input. Dimensions that are not given are
  /// the graph's, and 1 where the graph leaves them open.
  std::map<std::string, std::vector<std::int64_t>> shapes{};
  std::chrono::nanoseconds duration = std::chrono::seconds(3);
  std::size_t runs = 0;    // runs that count; 0: as many as `duration` has room for
  std::uint64_t seed = 1;  // of the values, which are new for every run
};

struct TensorReport {
  std::string engine;
  int threads = 0;
  std::vector<TensorInfo> inputs{};  // with the shapes that ran
  std::vector<TensorInfo> outputs;
  Summary ms;  // of a run
  ValueHistogram histogram;
  double load_ms = 0;
  double first_run_ms = 0;
  std::size_t warm_up_runs = 0;
  MemoryUse memory;
};

/// Floating-point inputs get values in [-1, 1), integers and booleans 0 or 1.
///
/// kInvalidArgument for an input that the graph does not have and shapes that do not fit it; else
/// what loading and running can fail with.
Result<TensorReport> run_tensor_bench(
    const std::filesystem::path& graph, const TensorBenchOptions& options, BenchClock& clock
);

}  // namespace martlet
