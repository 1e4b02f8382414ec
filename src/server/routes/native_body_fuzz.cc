// Bodies of martlet's own routes, as one value and as lines: read or refused, never a crash.
#include <cstdint>
#include <string_view>

#include "server/routes/native_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  static_cast<void>(martlet::parse_native_request(body, {}));
  static_cast<void>(martlet::parse_native_lines(body));
  return 0;
}
