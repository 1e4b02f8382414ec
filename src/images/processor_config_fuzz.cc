// Any text is a preprocessor_config.json that parses, and then makes numbers of an image, or a
// typed error.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "images/image_processor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_processor_config(text, "fuzz");
  if (!config) {
    if (config.error().message().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  constexpr std::int32_t kQuick = 256;  // larger ones are right, and slow
  if (config->height > kQuick || config->width > kQuick || config->shortest_edge > kQuick ||
      config->crop_height > kQuick || config->crop_width > kQuick)
    return 0;
  const auto pixels = ImageProcessor(*config).process(Image::of_size(7, 5));
  if (!pixels || pixels->values.size() != 3 * pixels->height * pixels->width) std::abort();
  for (const float value : pixels->values) {
    if (!std::isfinite(value)) std::abort();
  }
  return 0;
}
