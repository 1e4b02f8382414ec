// What `martlet bench` was asked to do.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "command_line.h"
#include "martlet/batch_plan.h"
#include "martlet/encoder.h"

namespace martlet::cli {

struct BenchFlags {
  std::string model;
  EncoderOptions encoder;
  std::int32_t batch = 1;
  std::int32_t seq = 128;
  double seconds = 3;
  std::map<std::string, std::vector<std::int64_t>> shapes;  // of a graph's inputs, by name
  std::size_t runs = 0;  // of a graph; 0: as many as `seconds` has room for
  std::string json;      // file for the report, "-" is stdout; empty: a table for eyes
  bool profile = false;
  std::string dataset;  // file of texts; empty: random ids of one shape
  std::string column;
  std::string label_column;
  BatchPlan plan;  // of the dataset's texts
};

/// Declares the flags of `bench` and reads them from the command line. False when help was asked
/// for and printed.
Result<bool> parse_bench_flags(Arguments arguments, CommandLine& line, BenchFlags& flags);

}  // namespace martlet::cli
