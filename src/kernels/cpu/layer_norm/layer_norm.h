// Layer normalization over rows.
#pragma once

#include <cstddef>

#include "kernels/cpu/quantize/quantize.h"

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
  /// The same, and out in 8 bits as QuantizeKernels::u8 has it of `rows`, whose x is out.
  void (*f32_to_u8)(const LayerNormF32& norm, const QuantizeRows& rows) noexcept;
};

extern const LayerNormKernels kLayerNormScalar;
extern const LayerNormKernels kLayerNormAvx2;
extern const LayerNormKernels kLayerNormAvx512;

}  // namespace martlet
