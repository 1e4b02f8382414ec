// What a model directory says beyond its weights: which pooling makes an embedding of it, and how
// long a text may be. Reads the plain Hugging Face layout and the sentence-transformers layout.
#pragma once

#include <cstdint>
#include <filesystem>

#include "formats/hf_config.h"
#include "martlet/encoder.h"
#include "martlet/status.h"

namespace martlet {

struct ModelDirectory {
  /// Where config.json, the weights and the tokenizer are: the directory itself, or the folder in
  /// it that modules.json names.
  std::filesystem::path transformer;
  HfConfig config;
  /// kCls, kMean or kMax. A plain directory: kMean, as sentence-transformers takes it.
  OutputKind pooling = OutputKind::kMean;
  /// Embeddings are scaled to length 1.
  bool normalize = false;
  /// Tokens of a text at most, special tokens included. sentence-transformers' max_seq_length, else
  /// the tokenizer's model_max_length; never more than the model has positions.
  std::int32_t max_length = 0;
  /// modules.json is there.
  bool is_sentence_transformers = false;
};

/// Of a graph file (.onnx, .xml) the same, from its metadata or the folder it is in; `transformer`
/// is then the file.
///
/// kNotFound without a config.json, kInvalidModel for malformed files or a path that leads out of
/// the directory, kUnsupported for a module, a pooling or a default prompt that martlet does not
/// apply: it would give other vectors.
Result<ModelDirectory> load_model_directory(const std::filesystem::path& directory);

}  // namespace martlet
