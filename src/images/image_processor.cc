#include "images/image_processor.h"

#include <algorithm>

#include "core/error.h"

namespace martlet {
namespace {

/// Of an image after resizing: a panorama of 1 x 10,000 would become one of gigabytes.
constexpr double kMostPixels = 1 << 26;

struct Size {
  std::size_t width = 0;
  std::size_t height = 0;
};

Size size_for(const ProcessorConfig& config, const Image& image) {
  const auto side = [](double length) { return static_cast<std::size_t>(length); };
  switch (config.sizing) {
    case ProcessorConfig::Sizing::kExact:
      return {side(config.width), side(config.height)};
    case ProcessorConfig::Sizing::kShortestEdge: {
      const double shorter = config.shortest_edge;
      const auto longer = [&](std::size_t longest, std::size_t shortest) {
        return side(shorter * static_cast<double>(longest) / static_cast<double>(shortest));
      };
      if (image.width <= image.height) return {side(shorter), longer(image.height, image.width)};
      return {longer(image.width, image.height), side(shorter)};
    }
    case ProcessorConfig::Sizing::kNone:
      break;
  }
  return {image.width, image.height};
}

/// Where a window of `want` begins in the middle of `have`, and how much black is before it.
struct Placement {
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t size = 0;

  static Placement center(std::size_t have, std::size_t want) {
    if (want <= have) return {.from = (have - want) / 2, .to = 0, .size = want};
    return {.from = 0, .to = (want - have) / 2, .size = have};
  }
};

Image crop_center(const Image& image, std::size_t width, std::size_t height) {
  constexpr std::size_t kChannels = Image::kChannels;
  const Placement x = Placement::center(image.width, width);
  const Placement y = Placement::center(image.height, height);
  Image result = Image::of_size(width, height);
  for (std::size_t row = 0; row < y.size; ++row) {
    std::copy_n(
        image.row(y.from + row) + x.from * kChannels, x.size * kChannels,
        result.row(y.to + row) + x.to * kChannels
    );
  }
  return result;
}

}  // namespace

ImageProcessor::ImageProcessor(const ProcessorConfig& config) : config_(config) {
  for (std::size_t channel = 0; channel < Image::kChannels; ++channel) {
    for (std::size_t byte = 0; byte < values_[channel].size(); ++byte) {
      const auto rescaled = static_cast<float>(static_cast<double>(byte) * config.rescale);
      values_[channel][byte] = (rescaled - config.mean[channel]) / config.std[channel];
    }
  }
}

Result<PixelValues> ImageProcessor::process(const Image& image) const {
  const Size size = size_for(config_, image);
  if (static_cast<double>(size.width) * static_cast<double>(size.height) > kMostPixels) {
    return error(
        StatusCode::kInvalidInput, "image", "got {} x {} pixels, which would become {} x {}",
        image.width, image.height, size.width, size.height
    );
  }
  Image resized;
  const Image* last = &image;
  if (size.width != image.width || size.height != image.height) {
    resized = resize(image, size.width, size.height, config_.resample);
    last = &resized;
  }
  if (config_.crop) {
    resized = crop_center(
        *last, static_cast<std::size_t>(config_.crop_width),
        static_cast<std::size_t>(config_.crop_height)
    );
    last = &resized;
  }
  PixelValues result{.height = last->height, .width = last->width};
  const std::size_t plane = last->height * last->width;
  result.values.resize(Image::kChannels * plane);
  for (std::size_t channel = 0; channel < Image::kChannels; ++channel) {
    const auto& value_of = values_[channel];
    float* out = result.values.data() + channel * plane;
    for (std::size_t i = 0; i < plane; ++i)
      out[i] = value_of[last->pixels[i * Image::kChannels + channel]];
  }
  return result;
}

}  // namespace martlet
