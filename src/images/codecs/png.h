// PNG by libspng.
#pragma once

#include <cstddef>
#include <span>

#include "images/decode.h"

namespace martlet::codecs {

Result<Image> decode_png(std::span<const std::byte> file, const DecodeLimits& limits);

}  // namespace martlet::codecs
