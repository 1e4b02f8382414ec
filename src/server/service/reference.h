// martlet_reference.json beside a model: some texts and what the model answered where it was made.
// tools/reference_vectors.py writes it with transformers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"

namespace martlet {

inline constexpr std::string_view kReferenceName = "martlet_reference.json";

struct ModelReference {
  std::vector<std::string> texts;
  std::vector<std::vector<float>> values;  // [texts][columns]: logits, or pooled vectors before
                                           // they are scaled
};

/// kInvalidModel for anything malformed.
Result<ModelReference> parse_reference(std::string_view json, std::string_view where);

/// kNotFound where there is no such file, kInvalidModel for anything malformed.
Result<ModelReference> read_reference(const std::filesystem::path& path);

/// Makes the directories that lead to the file.
Status write_reference(const std::filesystem::path& path, const ModelReference& reference);

/// None where the model has no such file.
Result<std::optional<ModelReference>> load_reference(const std::filesystem::path& directory);

}  // namespace martlet
