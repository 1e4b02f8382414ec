// JPEG by libjpeg-turbo.
#pragma once

#include <cstddef>
#include <span>

#include "images/decode.h"

namespace martlet::codecs {

Result<Image> decode_jpeg(std::span<const std::byte> file, const DecodeLimits& limits);

}  // namespace martlet::codecs
