// Any text is a martlet.json that parses, and then reads back the same from what is written of it,
// or a typed error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/precision_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = martlet::parse_precision_record(text, "fuzz");
  if (!record) {
    if (record.error().message().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  for (const martlet::PrecisionLevel& level : record->levels) {
    if (level.chosen().precision != level.choice) std::abort();
  }
  const std::string written = martlet::to_json(*record);
  const auto again = martlet::parse_precision_record(written, "fuzz");
  if (!again || martlet::to_json(*again) != written) std::abort();
  return 0;
}
