#include "server/service/reference.h"

#include <boost/json/array.hpp>

#include "core/error.h"
#include "formats/atomic_file.h"
#include "formats/json.h"
#include "formats/json_writer.h"

namespace martlet {
namespace {

namespace bj = boost::json;

Result<ModelReference> read(const bj::object& root, std::string_view where) {
  const auto malformed = [&](std::string_view what) {
    return error(
        StatusCode::kInvalidModel, where, "{}, expected \"texts\" and as many rows of \"values\"",
        what
    );
  };
  JsonReader reader(root, where);
  reader.require("texts");
  reader.require("values");
  const bj::array* texts = reader.array("texts");
  const bj::array* values = reader.array("values");
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (texts->empty() || texts->size() != values->size()) return malformed("sizes differ");
  ModelReference reference;
  for (const bj::value& text : *texts) {
    if (!text.is_string()) return malformed("got " + describe(text));
    reference.texts.emplace_back(text.get_string());
  }
  for (const bj::value& row : *values) {
    if (!row.is_array() || row.get_array().empty()) return malformed("got " + describe(row));
    auto& numbers = reference.values.emplace_back();
    for (const bj::value& value : row.get_array()) {
      if (!value.is_number()) return malformed("got " + describe(value));
      numbers.push_back(static_cast<float>(value.to_number<double>()));
    }
    if (numbers.size() != reference.values.front().size()) return malformed("widths differ");
  }
  return reference;
}

}  // namespace

Result<ModelReference> parse_reference(std::string_view json, std::string_view where) {
  const auto root = parse_json_object(json, where);
  if (!root) return root.error();
  return read(*root, where);
}

Result<ModelReference> read_reference(const std::filesystem::path& path) {
  const auto root = load_json_object(path);
  if (!root) return root.error();
  return read(*root, path.string());
}

Status write_reference(const std::filesystem::path& path, const ModelReference& reference) {
  std::error_code failure;  // opening the file says it better
  std::filesystem::create_directories(path.parent_path(), failure);
  std::string json;
  {
    JsonObject object(json);
    {
      JsonArray texts(object.key("texts"));
      for (const std::string& text : reference.texts) write_json_string(texts.next(), text);
    }
    JsonArray values(object.key("values"));
    for (const auto& row : reference.values) write_json_numbers(values.next(), row);
  }
  auto file = AtomicFile::open(path);
  if (!file) return file.error();
  MARTLET_RETURN_IF_ERROR(file->write(json));
  return file->commit();
}

Result<std::optional<ModelReference>> load_reference(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kReferenceName;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<ModelReference>();
  auto reference = read_reference(path);
  if (!reference) return reference.error();
  return std::optional(*std::move(reference));
}

}  // namespace martlet
