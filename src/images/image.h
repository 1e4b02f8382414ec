// A decoded image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace martlet {

struct Image {
  static constexpr std::size_t kChannels = 3;  // red, green, blue

  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> pixels{};  // [height, width, 3]

  static Image of_size(std::size_t width, std::size_t height) {
    return {width, height, std::vector<std::uint8_t>(width * height * kChannels)};
  }
  [[nodiscard]] std::uint8_t* row(std::size_t y) noexcept {
    return pixels.data() + y * width * kChannels;
  }
  [[nodiscard]] const std::uint8_t* row(std::size_t y) const noexcept {
    return pixels.data() + y * width * kChannels;
  }
};

}  // namespace martlet
