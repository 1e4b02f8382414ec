// Bodies of OpenAI's embeddings route: read or refused, never a crash.
#include <cstdint>
#include <string_view>

#include "server/routes/openai_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(martlet::parse_openai_request({reinterpret_cast<const char*>(data), size}));
  return 0;
}
