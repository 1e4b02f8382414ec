// How `martlet bench` shows what it measured.
#pragma once

#include <string>

#include "bench/dataset_bench.h"
#include "bench/shape_bench.h"
#include "bench/tensor_bench.h"
#include "bench_flags.h"

namespace martlet::cli {

std::string as_json(const BenchFlags& flags, const ShapeReport& report);
std::string as_text(const ShapeReport& report);
std::string as_json(const BenchFlags& flags, const TensorReport& report);
std::string as_text(const TensorReport& report);
std::string as_json(const BenchFlags& flags, const DatasetReport& report);
std::string as_text(const DatasetReport& report);

/// The report to where the flags say.
Status write_report(const BenchFlags& flags, const std::string& json, const std::string& text);

}  // namespace martlet::cli
