#include "images/decode.h"

#include <array>
#include <cstring>

#include "core/error.h"
#include "core/plugin.h"
#include "images/codecs_plugin.h"
#include "images/orientation.h"

namespace martlet {
namespace {

constexpr std::string_view kPngMagic("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kJpegMagic("\xff\xd8\xff", 3);

Result<const CodecsPlugin*> load_codecs() {
  static const Result<const CodecsPlugin*> plugin = load_plugin<CodecsPlugin>(
      {.where = "images",
       .file = "martlet_images.so",
       .symbol = kCodecsPluginSymbol,
       .advice = "build martlet with libturbojpeg and libspng (./dev build does), or set "
                 "MARTLET_PLUGIN_DIR"}
  );
  return plugin;
}

bool begins_with(std::span<const std::byte> file, std::string_view magic) {
  return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

Result<Image> decode_image(
    std::span<const std::byte> file, std::string_view where, const DecodeLimits& limits
) {
  const bool jpeg = begins_with(file, kJpegMagic);
  if (!jpeg && !begins_with(file, kPngMagic)) {
    return error(
        StatusCode::kInvalidInput, where, "got {} bytes that are no image, expected JPEG or PNG",
        file.size()
    );
  }
  const auto codecs = load_codecs();
  if (!codecs) return codecs.error();
  auto image = (jpeg ? (*codecs)->decode_jpeg : (*codecs)->decode_png)(file, limits);
  if (!image) return error(image.error().code(), where, "{}", image.error().message());
  return turn(*std::move(image), jpeg ? jpeg_orientation(file) : png_orientation(file));
}

Status load_image_codecs() { return load_codecs().status(); }

}  // namespace martlet
