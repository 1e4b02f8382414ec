// Any bytes are an image that decodes to as many pixels as it says, within the limits, or a typed
// error; and its orientation is one of eight.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "images/codecs/jpeg.h"
#include "images/codecs/png.h"
#include "images/orientation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  constexpr DecodeLimits kLimits{.max_pixels = 1 << 16};
  const auto file = std::as_bytes(std::span(data, size));
  for (const auto decode : {&codecs::decode_jpeg, &codecs::decode_png}) {
    auto image = decode(file, kLimits);
    if (!image) {
      if (image.error().message().find('\n') != std::string::npos) std::abort();
      continue;
    }
    const std::size_t pixels = image->width * image->height;
    if (pixels == 0 || pixels > kLimits.max_pixels || image->pixels.size() != pixels * 3)
      std::abort();
    for (const int orientation : {jpeg_orientation(file), png_orientation(file)}) {
      if (orientation < 1 || orientation > 8) std::abort();
      if (turn(*image, orientation).pixels.size() != image->pixels.size()) std::abort();
    }
  }
  return 0;
}
