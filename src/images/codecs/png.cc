#include "images/codecs/png.h"

#include <spng.h>

#include <memory>

#include "core/error.h"
#include "images/codecs/failures.h"

namespace martlet::codecs {
namespace {

/// Chunks beside the pixels: texts, profiles.
constexpr std::size_t kLargestChunk = 8 << 20;
constexpr std::size_t kAllChunks = 16 << 20;

struct Free {
  void operator()(spng_ctx* context) const noexcept { spng_ctx_free(context); }
};

Status check(int code) { return code == 0 ? Status() : malformed("PNG", spng_strerror(code)); }

}  // namespace

Result<Image> decode_png(std::span<const std::byte> file, const DecodeLimits& limits) {
  const std::unique_ptr<spng_ctx, Free> context(spng_ctx_new(0));
  if (!context) return Status(StatusCode::kResourceExhausted, "out of memory");
  MARTLET_RETURN_IF_ERROR(check(spng_set_chunk_limits(context.get(), kLargestChunk, kAllChunks)));
  MARTLET_RETURN_IF_ERROR(check(spng_set_png_buffer(context.get(), file.data(), file.size())));
  spng_ihdr header{};
  MARTLET_RETURN_IF_ERROR(check(spng_get_ihdr(context.get(), &header)));
  MARTLET_RETURN_IF_ERROR(check_size(header.width, header.height, limits));
  Image image = Image::of_size(header.width, header.height);
  std::size_t size = 0;
  MARTLET_RETURN_IF_ERROR(check(spng_decoded_image_size(context.get(), SPNG_FMT_RGB8, &size)));
  if (size != image.pixels.size()) return malformed("PNG", "another size than its header says");
  MARTLET_RETURN_IF_ERROR(
      check(spng_decode_image(context.get(), image.pixels.data(), size, SPNG_FMT_RGB8, 0))
  );
  return image;
}

}  // namespace martlet::codecs
