// How a codec says what is wrong. No message names the file: decode_image does.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "images/decode.h"
#include "martlet/status.h"

namespace martlet::codecs {

inline Status malformed(std::string_view format, std::string_view reason) {
  return {
      StatusCode::kInvalidInput, fmt::format("got a {} file that is broken: {}", format, reason)
  };
}

/// `width` and `height` are not 0 and within the limits.
inline Status check_size(std::size_t width, std::size_t height, const DecodeLimits& limits) {
  if (width > 0 && height > 0 && width <= limits.max_pixels / height) return {};
  return {
      StatusCode::kInvalidInput,
      fmt::format(
          "got an image of {} x {}, expected at least one pixel and at most {}", width, height,
          limits.max_pixels
      )
  };
}

}  // namespace martlet::codecs
