// Bodies of the rerank routes: read or refused.
#include <cstdint>
#include <string_view>

#include "server/routes/rerank_request.h"
#include "server/service/refusal_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  martlet::check_refusal_of(martlet::parse_rerank_request(body, {}));
  return 0;
}
