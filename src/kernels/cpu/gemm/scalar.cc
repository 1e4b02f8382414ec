// The contract in plain loops: the reference for every other level.
#include <algorithm>

#include "kernels/cpu/gemm/gemm.h"
#include "kernels/cpu/scalar_activation.h"

namespace martlet {
namespace {

constexpr std::size_t kWidth = 8;

void f32(const GemmF32& gemm, std::size_t panel_begin, std::size_t panel_end) noexcept {
  const std::size_t end = std::min(gemm.n, panel_end * kWidth);
  for (std::size_t row = 0; row < gemm.m; ++row) {
    for (std::size_t column = panel_begin * kWidth; column < end; ++column) {
      const float* b = gemm.packed + column / kWidth * kWidth * gemm.k + column % kWidth;
      float sum = gemm.residual == nullptr ? 0 : gemm.residual[row * gemm.ldr + column];
      for (std::size_t i = 0; i < gemm.k; ++i) sum += gemm.a[row * gemm.lda + i] * b[i * kWidth];
      if (gemm.bias != nullptr) sum += gemm.bias[column];
      gemm.c[row * gemm.ldc + column] = activate_scalar(sum, gemm.activation);
    }
  }
}

}  // namespace

const GemmKernels kGemmScalar{kWidth, &f32};

}  // namespace martlet
