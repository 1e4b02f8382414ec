// The contract in plain loops: the reference for every other level.
#include <algorithm>

#include "core/half.h"
#include "kernels/cpu/gemm_q/gemm_q.h"
#include "kernels/cpu/scalar_activation.h"

namespace martlet {
namespace {

constexpr std::size_t kWidth = 8;

float finish(const GemmQ& g, std::size_t row, std::size_t column, float sum) {
  sum += g.bias[column];
  if (g.residual != nullptr) sum += g.residual[row * g.ldr + column];
  return activate_scalar(sum, g.activation);
}

template <class Sum>
void for_each_element(
    const GemmQ& g, std::size_t panel_begin, std::size_t panel_end, const Sum& sum
) {
  const std::size_t end = std::min(g.n, panel_end * kWidth);
  for (std::size_t row = 0; row < g.m; ++row) {
    for (std::size_t column = panel_begin * kWidth; column < end; ++column) {
      g.column(column)[row * g.ldc] = finish(g, row, column, sum(row, column));
    }
  }
}

void s8(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
  for_each_element(g, panel_begin, panel_end, [&g](std::size_t row, std::size_t column) {
    const auto* a = static_cast<const std::uint8_t*>(g.a) + row * g.lda;
    const auto* b = static_cast<const std::int8_t*>(g.packed) + column / kWidth * kWidth * g.k +
                    column % kWidth;
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < g.k; ++i) sum += a[i] * b[i * kWidth];
    const float scaled = g.a_scale[row] * (g.scale[column] * static_cast<float>(sum));
    return scaled + g.a_offset[row] * g.scaled_sums[column];
  });
}

void bf16(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
  for_each_element(g, panel_begin, panel_end, [&g](std::size_t row, std::size_t column) {
    const auto* a = static_cast<const std::uint16_t*>(g.a) + row * g.lda / 2;
    const auto* b = static_cast<const std::uint16_t*>(g.packed) + column / kWidth * kWidth * g.k +
                    column % kWidth;
    float sum = 0;
    for (std::size_t i = 0; i < g.k; ++i)
      sum += bfloat16_to_float(a[i]) * bfloat16_to_float(b[i * kWidth]);
    return sum;
  });
}

}  // namespace

const GemmQKernels kGemmS8Scalar{OperandType::kU8, 1, kWidth, 1, 1, &s8};
const GemmQKernels kGemmBf16Scalar{OperandType::kBf16, 2, kWidth, 1, 1, &bf16};

}  // namespace martlet
