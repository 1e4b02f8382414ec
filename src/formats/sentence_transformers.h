// The files that sentence-transformers puts around a Hugging Face model: modules.json and the
// configuration of the modules it names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "martlet/encoder.h"
#include "martlet/status.h"

namespace martlet {

struct SentenceTransformersLayout {
  std::string transformer;  // folder of the model inside the directory; empty: the directory
  OutputKind pooling = OutputKind::kMean;  // kCls, kMean or kMax
  bool normalize = false;
  std::int32_t max_length = 0;  // max_seq_length; 0: not said
  bool lowercase = false;       // texts are lowercased before the tokenizer has them
  /// The files that say all this, relative to the directory.
  std::vector<std::filesystem::path> files;
};

/// nullopt when there is no modules.json. Errors as load_model_directory.
Result<std::optional<SentenceTransformersLayout>> load_sentence_transformers(
    const std::filesystem::path& directory
);

}  // namespace martlet
