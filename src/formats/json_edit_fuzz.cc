// Editing a text of JSON gives the same value as editing the parsed value.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/json_edit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const martlet::JsonEdit edits[] = {{"a", "[null]"}, {"b", std::nullopt}, {"c", "1", false}};
  const auto edited = martlet::edit_json_object(text, "fuzz", edits);
  if (!edited) return 0;
  boost::json::object expected = martlet::parse_json_object(text, "fuzz").value();
  expected["a"] = boost::json::array{nullptr};
  expected.erase("b");
  if (expected.contains("c")) expected["c"] = 1;
  if (martlet::parse_json_object(*edited, "fuzz").value() != expected) std::abort();
  return 0;
}
