// A model that is one file (.onnx, .xml) and what belongs to it: config.json and tokenizer.json are
// in the file's metadata, where martlet put them, or else in the folder of the file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

/// metadata_props that `martlet export` writes, and that are read when such a file is run.
namespace onnx_metadata {
inline constexpr char kSource[] = "martlet.source";        // name of the model directory
inline constexpr char kSha256[] = "martlet.sha256";        // model_hash() of it
inline constexpr char kPrecision[] = "martlet.precision";  // fp32, fp16, int8
inline constexpr char kLabels[] = "martlet.labels";        // ["NEGATIVE", "POSITIVE"]
inline constexpr char kMaxLength[] = "martlet.max_length";
inline constexpr char kPooling[] = "martlet.pooling";            // cls, mean or max
inline constexpr char kNormalize[] = "martlet.normalize";        // true or false
inline constexpr char kConfig[] = "martlet.config";              // config.json
inline constexpr char kTokenizer[] = "martlet.tokenizer";        // tokenizer.json
inline constexpr char kPreprocessor[] = "martlet.preprocessor";  // preprocessor_config.json
}  // namespace onnx_metadata

/// Whether `path` is to be read as a graph: by its extension, and that it is no directory.
bool is_graph_file(const std::filesystem::path& path);

/// The value of a metadata entry; empty where there is none.
Result<std::string> graph_metadata(const std::filesystem::path& graph, std::string_view key);

struct GraphText {
  std::string text;
  std::string where;  // for messages
};

/// The text that belongs to the graph under `key`, else that of the file `name` in its folder or,
/// as on the Hugging Face hub, in the folder above one called "onnx". kNotFound where there is
/// none.
Result<GraphText> graph_text(
    const std::filesystem::path& graph, std::string_view key, std::string_view name
);

/// The same of any model: of a directory it is the text of the file `name` in it.
Result<GraphText> model_text(
    const std::filesystem::path& model, std::string_view key, std::string_view name
);

}  // namespace martlet
