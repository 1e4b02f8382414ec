// JPEG and PNG files to pixels.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "images/image.h"
#include "martlet/status.h"

namespace martlet {

struct DecodeLimits {
  /// Width times height, at most. A larger image is refused before it is decoded.
  std::size_t max_pixels = 64'000'000;
};

/// The image in `file`, turned the way its EXIF orientation says; grey and palettes become RGB,
/// 16 bits become 8, transparency is dropped. `where` names it in messages. kInvalidInput for
/// anything that is not a whole JPEG or PNG file or is too large, kUnavailable without the plug-in
/// martlet_images.so.
Result<Image> decode_image(
    std::span<const std::byte> file, std::string_view where, const DecodeLimits& limits = {}
);

/// Loads the plug-in; not ok: why it cannot be.
Status load_image_codecs();

}  // namespace martlet
