// V2 infer bodies, the first byte saying where the JSON ends: read and planned, or refused.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "server/routes/v2_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string header = std::to_string(data[0]);
  martlet::ModelInfo info;
  info.name = "model";
  for (const std::string* length : {&header, static_cast<const std::string*>(nullptr)}) {
    auto parsed = martlet::parse_v2_body(body, length);
    if (parsed) static_cast<void>(martlet::plan_v2(info, std::move(parsed->request), {}));
  }
  return 0;
}
