#include "formats/model_directory.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/graph_file.h"
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

OutputKind pooling_of(std::string_view word) {
  if (word == "cls") return OutputKind::kCls;
  return word == "max" ? OutputKind::kMax : OutputKind::kMean;
}

/// What the metadata of a file that martlet wrote says.
Status read_metadata(const std::filesystem::path& graph, ModelDirectory& model) {
  const auto pooling = graph_metadata(graph, onnx_metadata::kPooling);
  if (!pooling) return pooling.error();
  const auto normalize = graph_metadata(graph, onnx_metadata::kNormalize);
  if (!normalize) return normalize.error();
  const auto length = graph_metadata(graph, onnx_metadata::kMaxLength);
  if (!length) return length.error();
  model.is_sentence_transformers = !pooling->empty();
  model.pooling = pooling_of(*pooling);
  model.normalize = *normalize == "true";
  std::int32_t tokens = 0;
  const auto [end, failure] =
      std::from_chars(length->data(), length->data() + length->size(), tokens);
  if (failure == std::errc() && tokens > 0) model.max_length = std::min(model.max_length, tokens);
  return {};
}

Result<ModelDirectory> load_graph_file(const std::filesystem::path& graph) {
  const auto config_inside = graph_metadata(graph, onnx_metadata::kConfig);
  if (!config_inside) return config_inside.error();
  if (config_inside->empty()) {  // not martlet's: what lies beside it is about it
    std::error_code ignored;
    std::filesystem::path folder = std::filesystem::absolute(graph, ignored).parent_path();
    if (folder.filename() == "onnx") folder = folder.parent_path();
    auto model = load_model_directory(folder);
    if (model) model->transformer = graph;
    return model;
  }
  ModelDirectory model;
  model.transformer = graph;
  auto config = load_hf_config(graph);
  if (!config) return config.status();
  model.config = std::move(*config);
  model.max_length = model.config.max_length();
  MARTLET_RETURN_IF_ERROR(read_metadata(graph, model));
  return model;
}

}  // namespace

Result<ModelDirectory> load_model_directory(const std::filesystem::path& directory) {
  if (is_graph_file(directory)) return load_graph_file(directory);
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

  model.max_length = model.config.max_length();
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
