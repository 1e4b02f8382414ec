// The contract in plain loops: the reference for every other level.
#include <algorithm>
#include <cmath>

#include "kernels/cpu/gemm/gemm.h"

namespace martlet {
namespace {

constexpr std::size_t kWidth = 8;

float activate(float x, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kGelu:
      return 0.5F * x * (1.0F + std::erf(x * 0.707106781F));
    case Activation::kGeluTanh:
      return 0.5F * x * (1.0F + std::tanh(0.797884561F * (x + 0.044715F * x * x * x)));
    case Activation::kRelu:
      return std::max(x, 0.0F);
    case Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

void f32(const GemmF32& gemm, std::size_t panel_begin, std::size_t panel_end) noexcept {
  const std::size_t end = std::min(gemm.n, panel_end * kWidth);
  for (std::size_t row = 0; row < gemm.m; ++row) {
    for (std::size_t column = panel_begin * kWidth; column < end; ++column) {
      const float* b = gemm.packed + column / kWidth * kWidth * gemm.k + column % kWidth;
      float sum = 0;
      for (std::size_t i = 0; i < gemm.k; ++i) sum += gemm.a[row * gemm.lda + i] * b[i * kWidth];
      if (gemm.bias != nullptr) sum += gemm.bias[column];
      sum = activate(sum, gemm.activation);
      if (gemm.residual != nullptr) sum += gemm.residual[row * gemm.ldr + column];
      gemm.c[row * gemm.ldc + column] = sum;
    }
  }
}

}  // namespace

const GemmKernels kGemmScalar{kWidth, &f32};

}  // namespace martlet
