// Any text is a martlet_reference.json whose rows are as many as its texts and equally wide, or a
// failure of one line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/service/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reference = martlet::parse_reference(text, "fuzz");
  if (!reference) {
    if (reference.error().message().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  if (reference->texts.empty() || reference->values.size() != reference->texts.size()) std::abort();
  for (const auto& row : reference->values) {
    if (row.empty() || row.size() != reference->values.front().size()) std::abort();
  }
  return 0;
}
