// Images in another size, as PIL resizes them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "images/image.h"

namespace martlet {

/// PIL's resampling filters, by PIL's numbers.
enum class Resample : std::uint8_t {
  kNearest = 0,
  kLanczos = 1,
  kBilinear = 2,
  kBicubic = 3,
  kBox = 4,
  kHamming = 5,
};

/// `image` in width x height, at least 1 each. All filters but kNearest cover as many pixels as one
/// of the result does, which is called antialiasing. The same bytes as PIL's Image.resize.
Image resize(const Image& image, std::size_t width, std::size_t height, Resample filter);

}  // namespace martlet
