// C = activation(A W^T + bias + residual), with W packed once at load.
//
// Packed layout: columns of the product (rows of W) in panels of `panel_width`, each panel k-major:
// packed[panel][k][panel_width], the last panel filled up with zeros.
#pragma once

#include <cstddef>

#include "kernels/cpu/activation.h"

namespace martlet {

struct GemmF32 {
  const float* a = nullptr;  // [m, k], row stride lda
  std::size_t lda = 0;
  const float* packed = nullptr;    // from pack_panels, all panels
  const float* bias = nullptr;      // [n] or null
  const float* residual = nullptr;  // [m, n], row stride ldr, or null; may be c
  std::size_t ldr = 0;
  float* c = nullptr;  // [m, n], row stride ldc
  std::size_t ldc = 0;
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  Activation activation = Activation::kNone;
};

struct GemmKernels {
  std::size_t panel_width;
  /// Computes the columns of panels [panel_begin, panel_end). A row's result does not depend on m,
  /// on the other rows or on the range of panels, to the bit.
  void (*f32)(const GemmF32& gemm, std::size_t panel_begin, std::size_t panel_end) noexcept;
};

extern const GemmKernels kGemmScalar;
extern const GemmKernels kGemmAvx2;
extern const GemmKernels kGemmAvx512;

/// Distance between rows of n floats: the next odd multiple of a cache line, so that the rows of a
/// tile do not fall into the same cache sets (with n = 3072 they all would).
constexpr std::size_t row_stride(std::size_t n) noexcept { return ((n + 15) / 16 | 1) * 16; }

/// Panels that n columns need.
constexpr std::size_t panel_count(std::size_t n, std::size_t panel_width) noexcept {
  return (n + panel_width - 1) / panel_width;
}

/// Packs `weight` [n, k] (row-major, as a Linear layer stores it) for kernels of `panel_width`.
/// `packed` has panel_count(n, panel_width) * panel_width * k floats.
void pack_panels(
    const float* weight, std::size_t n, std::size_t k, std::size_t panel_width, float* packed
) noexcept;

}  // namespace martlet
