// V2 infer bodies, the first byte saying where the JSON ends: read and planned, or refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "server/routes/v2_body.h"
#include "server/v2/plan_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string header = std::to_string(data[0]);
  for (const std::string* length : {&header, static_cast<const std::string*>(nullptr)}) {
    const auto parsed = martlet::parse_v2_body(body, length);
    martlet::check_refusal_of(parsed);
    if (parsed) martlet::plan_for_every_kind(parsed->request);
  }
  return 0;
}
