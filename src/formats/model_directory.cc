#include "formats/model_directory.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/json.h"
#include "formats/sentence_transformers.h"

namespace martlet {
namespace {

/// What tokenizer_config.json says; `max_length` 0 where it says nothing. Programs write 1e30 for
/// "no limit", so it is read as a number of any size.
struct TokenizerSettings {
  double max_length = 0;
  bool lowercases = false;
};

Result<TokenizerSettings> load_tokenizer_settings(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "tokenizer_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return TokenizerSettings{};
  const auto root = load_json_object(path);
  if (!root) return root.status();
  JsonReader reader(*root, path.string());
  TokenizerSettings settings;
  std::string side = "right";
  reader.get("model_max_length", settings.max_length, {.min = 1});
  reader.get("do_lower_case", settings.lowercases);
  reader.get("truncation_side", side);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (side == "right") return settings;
  return error(
      StatusCode::kUnsupported, path.string(), "truncation_side: got {}, expected \"right\"",
      in_quotes(side)
  );
}

}  // namespace

Result<ModelDirectory> load_model_directory(const std::filesystem::path& directory) {
  const auto layout = load_sentence_transformers(directory);
  if (!layout) return layout.status();
  ModelDirectory model;
  model.is_sentence_transformers = layout->has_value();
  model.transformer = directory;
  if (*layout) {
    if (!(*layout)->transformer.empty()) model.transformer /= (*layout)->transformer;
    model.pooling = (*layout)->pooling;
    model.normalize = (*layout)->normalize;
  }
  auto config = load_hf_config(model.transformer);
  if (!config) return config.status();
  model.config = std::move(*config);
  const auto tokenizer = load_tokenizer_settings(model.transformer);
  if (!tokenizer) return tokenizer.status();

  model.max_length = model.config.max_positions;
  if (*layout && (*layout)->max_length > 0) {
    model.max_length = std::min(model.max_length, (*layout)->max_length);
  } else if (tokenizer->max_length > 0) {
    model.max_length =
        static_cast<std::int32_t>(std::min<double>(model.max_length, tokenizer->max_length));
  }
  if (*layout && (*layout)->lowercase && !tokenizer->lowercases) {
    return error(
        StatusCode::kUnsupported, model.transformer.string(),
        "got do_lower_case for a tokenizer that keeps case, expected one that lowercases"
    );
  }
  return model;
}

}  // namespace martlet
