// What `martlet inspect` finds out about a model, and how it shows it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/model_directory.h"
#include "formats/safetensors.h"
#include "martlet/encoder.h"
#include "martlet/status.h"

namespace martlet::cli {

struct FileFacts {
  std::string name;  // relative to the model
  std::uintmax_t bytes = 0;
  std::string sha256;  // empty: not asked for
};

struct TensorFacts {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
};

struct WeightFacts {
  std::vector<TensorFacts> tensors;
  std::map<std::string, std::size_t> dtypes;  // tensors of each
  std::int64_t parameters = 0;
  std::uint64_t bytes = 0;
};

struct EngineFacts {
  std::string name;
  Result<EncoderInfo> info;  // of the loaded model, or why it does not load
};

struct TokenizerFacts {
  std::int32_t vocab_size = 0;
  std::string around_text;  // "[CLS] [SEP]": what surrounds a text
};

struct Inspection {
  std::string model;
  Result<ModelDirectory> directory;  // failed: a model that martlet does not support
  std::string task;
  WeightFacts weights;
  Result<TokenizerFacts> tokenizer;
  std::vector<EngineFacts> engines;
  std::vector<FileFacts> files;
};

struct InspectFlags {
  std::filesystem::path model;
  bool json = false;
  bool tensors = false;
  bool checksums = false;
};

/// Looks at everything. Fails only where nothing useful can be said: no directory, no readable
/// weights.
Result<Inspection> inspect_model(const InspectFlags& flags);

/// "cls", "mean", "max", "pooler". Static storage.
std::string_view pooling_name(OutputKind pooling);

std::string as_text(const Inspection& inspection, bool with_tensors);
std::string as_json(const Inspection& inspection, bool with_tensors);

}  // namespace martlet::cli
