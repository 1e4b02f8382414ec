// Images to the numbers a model takes, as transformers' image processors do it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "images/image.h"
#include "images/processor_config.h"

namespace martlet {

/// A model's input for one image.
struct PixelValues {
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<float> values{};  // [3, height, width]: all of red, of green, of blue
};

/// Safe to use from many threads.
class ImageProcessor {
 public:
  explicit ImageProcessor(const ProcessorConfig& config);

  [[nodiscard]] const ProcessorConfig& config() const noexcept { return config_; }
  /// kInvalidInput for an image so narrow that its resized form would have no end.
  [[nodiscard]] Result<PixelValues> process(const Image& image) const;

 private:
  ProcessorConfig config_;
  std::array<std::array<float, 256>, Image::kChannels> values_{};  // of each byte, by channel
};

}  // namespace martlet
