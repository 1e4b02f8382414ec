#include "formats/tokenizer_json_parts.h"

#include <boost/json/array.hpp>
#include <string>

#include "core/error.h"

namespace martlet::tokenizer_json {
namespace {

namespace bj = boost::json;

struct Section {
  std::string_view where;
  std::string_view key;
  std::string_view list;
};

Status collect(
    const Section& section, const bj::object& part, std::vector<const bj::object*>& parts
) {
  JsonReader fields(part, section.where, section.key);
  std::string type;
  fields.require("type");
  fields.get("type", type);
  if (type != "Sequence") {
    if (fields.status().ok()) parts.push_back(&part);
    return fields.status();
  }
  fields.require(section.list);
  const bj::array* list = fields.array(section.list);
  MARTLET_RETURN_IF_ERROR(fields.status());
  for (const bj::value& value : *list) {
    if (!value.is_object()) {
      fields.reject(section.list, describe(value), "objects in it");
      return fields.status();
    }
    MARTLET_RETURN_IF_ERROR(collect(section, value.get_object(), parts));
  }
  return {};
}

}  // namespace

Status unsupported(
    std::string_view where, std::string_view part, std::string_view got, std::string_view expected
) {
  return error(
      StatusCode::kUnsupported, where, "{} of an unsupported type, got {}, expected {}", part,
      in_quotes(got), expected
  );
}

Result<std::vector<const bj::object*>> find_parts(
    const bj::object& root, std::string_view where, std::string_view key, std::string_view list
) {
  JsonReader reader(root, where);
  const bj::object* part = reader.object(key);
  MARTLET_RETURN_IF_ERROR(reader.status());
  std::vector<const bj::object*> parts;
  if (part != nullptr) MARTLET_RETURN_IF_ERROR(collect({where, key, list}, *part, parts));
  return parts;
}

std::string_view type_of(const bj::object& part) { return part.at("type").get_string(); }

}  // namespace martlet::tokenizer_json
