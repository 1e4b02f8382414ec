#include "server/service/reference.h"

#include <boost/json/array.hpp>

#include "core/error.h"
#include "formats/json.h"

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

Result<std::optional<ModelReference>> load_reference(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kReferenceName;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<ModelReference>();
  const auto root = load_json_object(path);
  if (!root) return root.error();
  auto reference = read(*root, path.string());
  if (!reference) return reference.error();
  return std::optional(*std::move(reference));
}

}  // namespace martlet
