// Any text is a configuration that can be used, or a failure of one line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/config/config_file.h"

namespace {

void check(const martlet::Status& status) {
  if (status.ok() || status.message().find('\n') != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto values = martlet::parse_config_file(text, "fuzz");
  if (!values) return check(values.status()), 0;
  const auto config =
      martlet::combine_settings({}, [](const char*) -> const char* { return nullptr; }, *values);
  if (!config) check(config.status());
  return 0;
}
