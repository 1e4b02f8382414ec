// Rotary position embedding: pairs of a head's elements turned by angles that grow with the row.
#pragma once

#include <cstddef>

namespace martlet {

struct RotateRows {
  float* x = nullptr;  // [rows, n], row stride `stride`; elements i and i + n / 2 are a pair
  std::size_t stride = 0;
  const float* angles = nullptr;  // [rows, n]: the cosines of n / 2 angles, then their sines
  std::size_t rows = 0;
  std::size_t n = 0;  // even
};

struct RotaryKernels {
  void (*f32)(const RotateRows& rows) noexcept;
};

extern const RotaryKernels kRotaryScalar;
extern const RotaryKernels kRotaryAvx2;
extern const RotaryKernels kRotaryAvx512;

}  // namespace martlet
