#include "server/routes/repository_body.h"

#include "core/error.h"
#include "server/routes/request_body.h"

namespace martlet {

Result<bool> parse_index_body(std::string_view text) {
  bool ready_only = false;
  if (text.empty()) return ready_only;
  const auto body = parse_body_object(text);
  if (!body) return body.error();
  JsonReader reader = body_reader(*body);
  reader.get("ready", ready_only);
  MARTLET_RETURN_IF_ERROR(reader.status());
  return ready_only;
}

Result<std::string> parse_load_body(std::string_view text) {
  std::string path;
  if (text.empty()) return path;
  const auto body = parse_body_object(text);
  if (!body) return body.error();
  JsonReader reader = body_reader(*body);
  const auto* parameters = reader.object("parameters");
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (parameters == nullptr) return path;
  JsonReader inner = body_reader(*parameters, "parameters");
  for (const auto& [name, value] : *parameters) {
    if (name != "path") inner.reject(name, "it", "\"path\" only: models are not uploaded");
  }
  inner.get("path", path);
  MARTLET_RETURN_IF_ERROR(inner.status());
  return path;
}

}  // namespace martlet
