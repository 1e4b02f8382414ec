#include "images/orientation.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace martlet {
namespace {

constexpr int kUpright = 1;
constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShortType = 3;

/// Numbers at offsets; 0 for what lies outside.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes, bool big_endian = true)
      : bytes_(bytes), big_endian_(big_endian) {}

  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t size) const noexcept {
    if (at > bytes_.size() || size > bytes_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t place = big_endian_ ? at + i : at + size - 1 - i;
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[place]);
    }
    return value;
  }
  [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept {
    return static_cast<std::uint16_t>(number(at, 2));
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept { return number(at, 4); }
  [[nodiscard]] bool has(std::size_t at, std::string_view text) const noexcept {
    return at <= bytes_.size() && text.size() <= bytes_.size() - at &&
           std::memcmp(bytes_.data() + at, text.data(), text.size()) == 0;
  }
  /// What lies there, cut at the end.
  [[nodiscard]] std::span<const std::byte> part(std::size_t at, std::size_t size) const noexcept {
    if (at >= bytes_.size()) return {};
    return bytes_.subspan(at, std::min(size, bytes_.size() - at));
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

/// Of EXIF data: a TIFF header and a directory of entries of 12 bytes.
int tiff_orientation(std::span<const std::byte> data) noexcept {
  const bool little = Bytes(data).has(0, "II");
  if (!little && !Bytes(data).has(0, "MM")) return kUpright;
  const Bytes tiff(data, !little);
  const std::size_t directory = tiff.u32(4);
  const std::size_t entries = tiff.u16(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * 12;
    if (entry >= tiff.size()) break;
    if (tiff.u16(entry) != kOrientationTag || tiff.u16(entry + 2) != kShortType) continue;
    const int value = tiff.u16(entry + 8);
    return value >= 1 && value <= 8 ? value : kUpright;
  }
  return kUpright;
}

}  // namespace

int jpeg_orientation(std::span<const std::byte> file) noexcept {
  constexpr std::uint8_t kApp1 = 0xE1;
  constexpr std::uint8_t kStartOfScan = 0xDA;
  constexpr std::string_view kExif("Exif\0\0", 6);
  const Bytes jpeg(file);
  std::size_t at = 2;  // after the magic
  while (at + 4 <= jpeg.size() && jpeg.number(at, 1) == 0xFF) {
    const std::uint32_t marker = jpeg.number(at + 1, 1);
    if (marker == kStartOfScan) break;
    const std::size_t length = jpeg.u16(at + 2);
    if (length < 2) break;
    if (marker == kApp1 && jpeg.has(at + 4, kExif))
      return tiff_orientation(jpeg.part(at + 4 + kExif.size(), length - 2 - kExif.size()));
    at += 2 + length;
  }
  return kUpright;
}

int png_orientation(std::span<const std::byte> file) noexcept {
  constexpr std::size_t kAroundData = 12;  // length, type, CRC
  const Bytes png(file);
  std::size_t at = 8;  // after the magic
  while (at + kAroundData <= png.size()) {
    const std::size_t length = png.u32(at);
    if (png.has(at + 4, "eXIf")) return tiff_orientation(png.part(at + 8, length));
    if (png.has(at + 4, "IEND")) break;
    at += kAroundData + length;
  }
  return kUpright;
}

Image turn(Image image, int orientation) {
  if (orientation <= kUpright || orientation > 8) return image;
  // What EXIF calls 5 to 8 lies on its side.
  const bool swaps = orientation >= 5;
  const bool mirrors_x =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirrors_y =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image turned =
      swaps ? Image::of_size(image.height, image.width) : Image::of_size(image.width, image.height);
  for (std::size_t y = 0; y < turned.height; ++y) {
    for (std::size_t x = 0; x < turned.width; ++x) {
      std::size_t from_x = swaps ? y : x;
      std::size_t from_y = swaps ? x : y;
      if (mirrors_x) from_x = image.width - 1 - from_x;
      if (mirrors_y) from_y = image.height - 1 - from_y;
      std::memcpy(
          turned.row(y) + x * Image::kChannels, image.row(from_y) + from_x * Image::kChannels,
          Image::kChannels
      );
    }
  }
  return turned;
}

}  // namespace martlet
