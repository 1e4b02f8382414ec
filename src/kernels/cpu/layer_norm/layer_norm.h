// Layer normalization over rows.
#pragma once

#include <cstddef>

namespace martlet {

struct LayerNormF32 {
  const float* x = nullptr;      // [rows, n], row stride `stride`
  const float* gamma = nullptr;  // [n]
  const float* beta = nullptr;   // [n]
  float epsilon = 1e-12F;
  float* out = nullptr;  // likewise; may be x
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t n = 0;
};

struct LayerNormKernels {
  /// out = (x - mean) / sqrt(variance + epsilon) * gamma + beta, variance in a second pass over the
  /// row.
  void (*f32)(const LayerNormF32& norm) noexcept;
};

extern const LayerNormKernels kLayerNormScalar;
extern const LayerNormKernels kLayerNormAvx2;
extern const LayerNormKernels kLayerNormAvx512;

}  // namespace martlet
