#include "images/codecs/jpeg.h"

#include <turbojpeg.h>

#include <memory>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "images/codecs/failures.h"

namespace martlet::codecs {
namespace {

/// The slow transform is exact, and it is what PIL takes. A file of thousands of scans would cost
/// minutes.
constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;

struct Close {
  void operator()(void* handle) const noexcept { tjDestroy(handle); }
};

/// A file that is cut off fails; what else libjpeg only warns about does not.
bool is_fatal(tjhandle handle) {
  return tjGetErrorCode(handle) == TJERR_FATAL ||
         std::string_view(tjGetErrorStr2(handle)).starts_with("Premature end");
}

Status failure(tjhandle handle) { return malformed("JPEG", tjGetErrorStr2(handle)); }

struct Input {
  tjhandle handle;
  const unsigned char* bytes;
  unsigned long size;
};

Status decompress(const Input& input, TJPF format, const Image& shape, std::uint8_t* pixels) {
  const auto attempt = [&](int flags) {
    return tjDecompress2(
        input.handle, input.bytes, input.size, pixels, static_cast<int>(shape.width), 0,
        static_cast<int>(shape.height), format, kFlags | flags
    );
  };
  // The first warning tells whether the file is cut off; later ones would hide it.
  if (attempt(TJFLAG_STOPONWARNING) == 0) return {};
  if (is_fatal(input.handle)) return failure(input.handle);
  return attempt(0) != 0 && is_fatal(input.handle) ? failure(input.handle) : Status();
}

/// Of inverted values, as Adobe writes them: light times light.
Status decompress_cmyk(const Input& input, Image& image) {
  constexpr int kRoundUp = 127;
  std::vector<std::uint8_t> inks(image.width * image.height * 4);
  MARTLET_RETURN_IF_ERROR(decompress(input, TJPF_CMYK, image, inks.data()));
  for (std::size_t pixel = 0; pixel < image.width * image.height; ++pixel) {
    const std::uint8_t* ink = inks.data() + pixel * 4;
    for (std::size_t channel = 0; channel < Image::kChannels; ++channel) {
      image.pixels[pixel * Image::kChannels + channel] =
          static_cast<std::uint8_t>((ink[channel] * ink[3] + kRoundUp) / 255);
    }
  }
  return {};
}

}  // namespace

Result<Image> decode_jpeg(std::span<const std::byte> file, const DecodeLimits& limits) {
  const std::unique_ptr<void, Close> handle(tjInitDecompress());
  if (!handle) return Status(StatusCode::kResourceExhausted, "out of memory");
  const Input input{
      .handle = handle.get(),
      .bytes = reinterpret_cast<const unsigned char*>(file.data()),
      .size = file.size(),
  };
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colors = 0;
  const int result = tjDecompressHeader3(
      input.handle, input.bytes, input.size, &width, &height, &subsampling, &colors
  );
  if (result != 0 && is_fatal(input.handle)) return failure(input.handle);
  if (width < 0 || height < 0) return malformed("JPEG", "negative size");
  const auto columns = static_cast<std::size_t>(width);
  const auto rows = static_cast<std::size_t>(height);
  MARTLET_RETURN_IF_ERROR(check_size(columns, rows, limits));
  Image image = Image::of_size(columns, rows);
  const bool cmyk = colors == TJCS_CMYK || colors == TJCS_YCCK;
  MARTLET_RETURN_IF_ERROR(
      cmyk ? decompress_cmyk(input, image) : decompress(input, TJPF_RGB, image, image.pixels.data())
  );
  return image;
}

}  // namespace martlet::codecs
