// The one symbol of martlet_images.so.
#include <exception>

#include "images/codecs/jpeg.h"
#include "images/codecs/png.h"
#include "images/codecs_plugin.h"
#include "martlet/export.h"

namespace martlet {
namespace {

/// No exception leaves the plug-in.
template <CodecsPlugin::Decode decode>
Result<Image> guarded(std::span<const std::byte> file, const DecodeLimits& limits) {
  try {
    return decode(file, limits);
  } catch (const std::exception&) {
    return Status(StatusCode::kResourceExhausted, "out of memory");
  }
}

}  // namespace
}  // namespace martlet

extern "C" MARTLET_API const martlet::CodecsPlugin* martlet_images_plugin() {
  static constexpr martlet::CodecsPlugin kPlugin{
      .version = martlet::CodecsPlugin::kVersion,
      .decode_jpeg = &martlet::guarded<&martlet::codecs::decode_jpeg>,
      .decode_png = &martlet::guarded<&martlet::codecs::decode_png>,
  };
  return &kPlugin;
}
