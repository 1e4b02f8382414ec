// How fast, and how well, a model answers the texts of a file: from text to label or embedding,
// tokenizer included.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/clock.h"
#include "bench/memory.h"
#include "martlet/batch_plan.h"
#include "martlet/encoder.h"
#include "martlet/status.h"

namespace martlet {

struct Dataset {
  std::vector<std::string> texts;
  std::vector<std::string> labels;  // [texts], or empty: not known
};

/// Reads all rows of `file` into memory. An empty `column` is found as everywhere; an empty
/// `label_column` means no labels. kInvalidInput for no rows at all.
Result<Dataset> load_dataset(
    const std::filesystem::path& file, const std::string& column, const std::string& label_column
);

struct DatasetBenchOptions {
  EncoderOptions encoder{};
  BatchPlan plan{};
};

struct DatasetReport {
  EncoderInfo info;
  int threads = 0;
  std::size_t sentences = 0;
  std::size_t tokens = 0;  // special tokens included
  double load_ms = 0;
  double seconds = 0;
  double sentences_per_s = 0;
  double padding_ratio = 1;          // rows computed by tokens: martlet pads nothing
  double natural_padding_ratio = 1;  // of batches of 32 in input order, padded to their longest
  std::optional<double> accuracy;    // labels given
  MemoryUse memory;
};

/// Classifies where the model classifies sequences, else embeds. A label is right when it is the
/// answer's name or its number.
Result<DatasetReport> run_dataset_bench(
    const std::filesystem::path& model, const Dataset& dataset, const DatasetBenchOptions& options,
    BenchClock& clock
);

/// What padding to the longest of each `batch` consecutive sequences costs: padded by real tokens.
double padding_ratio(const std::vector<std::int32_t>& lengths, std::size_t batch);

}  // namespace martlet
