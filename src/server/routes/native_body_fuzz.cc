// Bodies of martlet's own routes, as one value, as lines, as images in base64 and as a query: read
// or refused.
#include <cstdint>
#include <string_view>

#include "server/routes/native_request.h"
#include "server/service/refusal_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  auto read = martlet::parse_native_request(body, {});
  martlet::check_refusal_of(read);
  if (read) {
    martlet::ModelInfo info;
    info.task = martlet::ModelTask::kImageClassification;
    if (const auto status = martlet::prepare_images(info, *read); !status.ok())
      martlet::check_refusal(status);
  }
  martlet::check_refusal_of(martlet::parse_native_lines(body));
  martlet::check_refusal_of(martlet::parse_native_image("", body));
  return 0;
}
