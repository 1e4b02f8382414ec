#include "images/orientation.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// EXIF with one entry: the orientation.
std::string exif(bool little, char orientation, char entries = 1) {
  if (little) {
    return "II*\0\x08\0\0\0"s + entries + "\0\x12\x01\x03\0\x01\0\0\0"s + orientation + "\0\0\0"s;
  }
  return "MM\0*\0\0\0\x08\0"s + entries + "\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0"s;
}

std::string jpeg(const std::string& data) {
  const std::string segment = "Exif\0\0"s + data;
  std::string file = "\xFF\xD8\xFF\xE0\0\x04xx\xFF\xE1"s;  // an APP0 before it
  file += static_cast<char>((segment.size() + 2) >> 8);
  file += static_cast<char>(segment.size() + 2);
  return file + segment + "\xFF\xDA"s;
}

TEST(OrientationTest, ReadsBothByteOrders) {
  for (char value = 1; value <= 8; ++value) {
    EXPECT_EQ(jpeg_orientation(bytes_of(jpeg(exif(true, value)))), value);
    EXPECT_EQ(jpeg_orientation(bytes_of(jpeg(exif(false, value)))), value);
  }
}

TEST(OrientationTest, WhatCannotBeReadIsUpright) {
  EXPECT_EQ(jpeg_orientation(bytes_of(jpeg(exif(true, 9)))), 1);
  EXPECT_EQ(jpeg_orientation(bytes_of(jpeg(exif(true, 0)))), 1);
  EXPECT_EQ(jpeg_orientation(bytes_of(jpeg("XX"))), 1);
  const std::string whole = jpeg(exif(true, 6, '\xFF'));
  ASSERT_EQ(jpeg_orientation(bytes_of(whole)), 6);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const int found = jpeg_orientation(bytes_of(cut));
    EXPECT_TRUE(found == 1 || found == 6);
    EXPECT_EQ(png_orientation(bytes_of(cut)), 1);
  }
}

/// 1 2 3    as every orientation stores it, to come back the same.
/// 4 5 6
TEST(OrientationTest, TurnsBackEveryOrientation) {
  const auto image = [](std::size_t width, std::size_t height, const std::string& letters) {
    Image made = Image::of_size(width, height);
    for (std::size_t i = 0; i < letters.size() * Image::kChannels; ++i)
      made.pixels[i] = static_cast<std::uint8_t>(letters[i / Image::kChannels]);
    return made;
  };
  const Image upright = image(3, 2, "123456");
  const char* stored[] = {"123456", "321654", "654321", "456123",
                          "142536", "362514", "635241", "415263"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool side = orientation >= 5;
    const Image file = image(side ? 2 : 3, side ? 3 : 2, stored[orientation - 1]);
    const Image turned = turn(file, orientation);
    EXPECT_EQ(turned.width, 3U) << orientation;
    EXPECT_EQ(turned.pixels, upright.pixels) << orientation;
  }
}

}  // namespace
}  // namespace martlet
