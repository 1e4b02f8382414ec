// Bodies of V2's repository routes, the administrator's among them: read or refused, and a path
// that is read is one word of a model's specification.
#include <cstdint>
#include <string>
#include <string_view>

#include "server/routes/repository_body.h"
#include "server/service/model_registry.h"
#include "server/service/refusal_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  martlet::check_refusal_of(martlet::parse_index_body(body));
  const auto path = martlet::parse_load_body(body);
  martlet::check_refusal_of(path);
  if (!path) return 0;
  martlet::check_refusal_of(martlet::parse_model_spec(*path));
  const auto spec = martlet::parse_model_spec("name=" + *path);
  martlet::check_refusal_of(spec);
  if (spec && (spec->name != "name" || spec->directory != *path)) std::abort();
  return 0;
}
