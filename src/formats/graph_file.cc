#include "formats/graph_file.h"

#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/onnx/reader.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders_of(const fs::path& graph) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(graph, ignored).parent_path();
  if (folder.filename() != "onnx") return {folder};
  return {folder, folder.parent_path()};
}

}  // namespace

bool is_graph_file(const fs::path& path) {
  std::error_code ignored;
  const fs::path extension = path.extension();
  return (extension == ".onnx" || extension == ".xml") && !fs::is_directory(path, ignored);
}

Result<std::string> graph_metadata(const fs::path& graph, std::string_view key) {
  if (graph.extension() != ".onnx") return std::string();
  const auto file = onnx::open_model(graph);
  if (!file) return file.error();
  const std::string* value = file->model.find_metadata(key);
  return value == nullptr ? std::string() : *value;
}

Result<GraphText> graph_text(const fs::path& graph, std::string_view key, std::string_view name) {
  auto inside = graph_metadata(graph, key);
  if (!inside) return inside.error();
  if (!inside->empty())
    return GraphText{*std::move(inside), fmt::format("{}, {}", graph.string(), key)};
  for (const fs::path& folder : folders_of(graph)) {
    const fs::path path = folder / name;
    const auto file = MappedFile::open(path);
    if (file) return GraphText{std::string(file->text()), path.string()};
    if (file.error().code() != StatusCode::kNotFound) return file.error();
  }
  return error(
      StatusCode::kNotFound, graph.string(),
      "got neither metadata {} nor a {} beside the file, expected one of them", key, name
  );
}

Result<GraphText> model_text(const fs::path& model, std::string_view key, std::string_view name) {
  if (is_graph_file(model)) return graph_text(model, key, name);
  const fs::path path = model / name;
  const auto file = MappedFile::open(path);
  if (!file) return file.error();
  return GraphText{std::string(file->text()), path.string()};
}

}  // namespace martlet
