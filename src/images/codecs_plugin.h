// The image libraries come in a plug-in, martlet_images.so, which is loaded when the first image is
// decoded: martlet starts faster, and works, without them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "images/decode.h"
#include "images/image.h"
#include "martlet/status.h"

namespace martlet {

/// What the plug-in's one symbol returns. Statuses have no `where` of their own: it is "image".
struct CodecsPlugin {
  /// Changes whenever a type that crosses the boundary does.
  static constexpr std::uint32_t kVersion = 1;

  using Decode = Result<Image> (*)(std::span<const std::byte> file, const DecodeLimits& limits);

  std::uint32_t version;
  Decode decode_jpeg;
  Decode decode_png;
};

inline constexpr const char* kCodecsPluginSymbol = "martlet_images_plugin";

}  // namespace martlet
