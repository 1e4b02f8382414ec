// Which way up an image is: EXIF's orientation, which cameras write instead of turning pixels.
#pragma once

#include <cstddef>
#include <span>

#include "images/image.h"

namespace martlet {

/// EXIF's orientation, 1 to 8, of a JPEG or PNG file; 1, upright, where there is none or it cannot
/// be read. Never reads outside `file`.
int jpeg_orientation(std::span<const std::byte> file) noexcept;
int png_orientation(std::span<const std::byte> file) noexcept;

/// The image upright: mirrored and turned as `orientation` asks.
Image turn(Image image, int orientation);

}  // namespace martlet
