// Bodies of the rerank routes: read or refused, never a crash.
#include <cstdint>
#include <string_view>

#include "server/routes/rerank_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(martlet::parse_rerank_request({reinterpret_cast<const char*>(data), size}, {}));
  return 0;
}
