// Finds the fastest precision of a model whose answers are still those of fp32, by measuring both
// on real text on this machine.
#pragma once

#include <chrono>
#include <filesystem>

#include "bench/clock.h"
#include "bench/dataset_bench.h"
#include "calibration/deviation.h"
#include "formats/precision_record.h"
#include "martlet/status.h"

namespace martlet {

struct CalibrationOptions {
  int threads = 0;  // 0: as many as this process may use
  std::filesystem::path adapter{};
  Gate gate{};
  /// For comparing the speed of the precisions that passed.
  std::chrono::nanoseconds timing = std::chrono::seconds(2);
};

/// What was measured on the ISA level that runs here, fp32 first. Where int8 fails, layers fall
/// back to bf16 (or fp32, on levels without it), those with the largest error first, until the gate
/// holds on every other text or only one is left; what is reported of that mixture, and whether it
/// passed, comes from the texts between, which had no say in it. Precisions of like speed: the more
/// exact one is chosen. kInvalidInput for a label the model does not have.
Result<PrecisionLevel> calibrate(
    const std::filesystem::path& model, const Dataset& dataset, const CalibrationOptions& options,
    BenchClock& clock
);

}  // namespace martlet
