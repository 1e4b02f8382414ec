// martlet.json beside a model: what `martlet calibrate` measured of its precisions, and which one
// --precision auto takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"

namespace martlet {

inline constexpr std::string_view kPrecisionRecordName = "martlet.json";

/// One way to run the model against fp32, on one ISA level.
struct PrecisionCheck {
  std::string precision;                    // "fp32", "bf16", "int8"
  std::vector<std::string> layers;          // [layers]: the precision of each
  bool passed = false;                      // the gate
  std::optional<double> label_agreement{};  // share of texts; classifiers only
  std::optional<double> accuracy{};         // where the data had labels
  std::optional<double> max_logit_error{};
  std::optional<double> mean_logit_error{};
  double mean_cosine = 1;  // of the embeddings
  double min_cosine = 1;
  double ms = 0;  // of a forward pass, the geometric mean over the shapes that were timed
};

struct PrecisionLevel {
  std::string isa;
  std::string cpu;
  std::string choice;                // the fastest precision that passed
  std::vector<double> layer_errors;  // [layers]: of the hidden states when that layer alone is int8
  std::vector<PrecisionCheck> checks;

  /// The check of `choice`.
  [[nodiscard]] const PrecisionCheck& chosen() const;
};

struct PrecisionRecord {
  std::string version;        // of martlet
  std::string model_sha256;   // see model_hash.h
  std::string model_stamp{};  // likewise; empty: not known
  std::string data;           // the file, or "built-in"
  std::int64_t texts = 0;
  std::vector<PrecisionLevel> levels;

  /// Measured on this level, at best on this processor; null: none.
  [[nodiscard]] const PrecisionLevel* find(std::string_view isa, std::string_view cpu) const;
};

/// kInvalidModel for anything that is malformed, or whose parts contradict each other.
Result<PrecisionRecord> parse_precision_record(std::string_view json, std::string_view where);

/// Ends with a newline.
std::string to_json(const PrecisionRecord& record);

/// From a file, of whatever model.
Result<PrecisionRecord> read_precision_record(const std::filesystem::path& path);

/// Where the record of a model, or of a model with an adapter, is written: beside the adapter,
/// which makes it another model, else beside the model.
std::filesystem::path record_path(
    const std::filesystem::path& directory, const std::filesystem::path& adapter = {}
);

/// Where it goes when that place cannot be written; empty: nowhere. Its name is the model's stamp.
std::filesystem::path cached_record_path(const std::string& model_stamp);

/// The record of this very model: kNotFound where there is none, kInvalidModel where it is
/// malformed or was measured with other weights. Reads all weights only when their files were
/// written again, or copied, since.
Result<PrecisionRecord> load_precision_record(
    const std::filesystem::path& directory, const std::filesystem::path& adapter = {}
);

}  // namespace martlet
