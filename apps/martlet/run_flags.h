// What `martlet run` was asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "command_line.h"
#include "input.h"
#include "martlet/batch_plan.h"
#include "martlet/encoder.h"
#include "martlet/token_classification.h"
#include "martlet/zero_shot_classification.h"
#include "rows/result_writer.h"

namespace martlet::cli {

struct RunFlags {
  std::string model;
  InputOptions input;
  std::string output = "-";
  OutputFormat format = OutputFormat::kText;
  std::string task = "auto";
  EncoderOptions encoder;
  BatchPlan plan;
  std::optional<std::int32_t> top_k;  // 0: all
  std::int32_t max_length = 0;

  EntityOptions entities;              // token-classification
  std::optional<std::int32_t> stride;  // token-classification
  CandidateLabels candidates;          // zero-shot-classification
  std::string preprocess;              // image-classification: a JSON object
  std::string query;                   // rerank, similarity: the first text of every pair
};

/// Declares the flags of `run` and reads them from the command line. False when help was asked for
/// and printed.
Result<bool> parse_run_flags(Arguments arguments, CommandLine& line, RunFlags& flags);

}  // namespace martlet::cli
