#include "kernels/cpu/layer_norm/layer_norm.h"

#include <cmath>

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class LayerNormTest : public KernelTest {};

TEST_P(LayerNormTest, EqualsTheReference) {
  for (const std::size_t n :
       {1UL, 2UL, 7UL, 8UL, 15UL, 16UL, 17UL, 31UL, 36UL, 100UL, 384UL, 768UL, 1023UL}) {
    constexpr std::size_t kRows = 3;
    auto x = random(kRows * n, 3);
    for (float& value : x) value += 5;
    const auto gamma = random(n);
    const auto beta = random(n);
    std::vector<float> out(x.size() + 1, -777);
    kernels().layer_norm.f32({
        .x = x.data(),
        .gamma = gamma.data(),
        .beta = beta.data(),
        .epsilon = 1e-5F,
        .out = out.data(),
        .stride = n,
        .rows = kRows,
        .n = n,
    });
    EXPECT_EQ(out.back(), -777) << "wrote past the end, n " << n;
    for (std::size_t row = 0; row < kRows; ++row) {
      double mean = 0;
      for (std::size_t i = 0; i < n; ++i) mean += x[row * n + i] / static_cast<double>(n);
      double variance = 0;
      for (std::size_t i = 0; i < n; ++i)
        variance += std::pow(x[row * n + i] - mean, 2) / static_cast<double>(n);
      for (std::size_t i = 0; i < n; ++i) {
        const double expected =
            (x[row * n + i] - mean) / std::sqrt(variance + 1e-5) * gamma[i] + beta[i];
        // A row of one or two elements has next to no variance: its rounding is magnified by 1 /
        // sqrt(epsilon).
        ASSERT_NEAR(out[row * n + i], expected, n < 3 ? 2e-3 : 2e-5) << "n " << n << " row " << row;
      }
    }
  }
}

TEST_P(LayerNormTest, WorksInPlace) {
  auto x = random(2 * 50);
  const auto gamma = random(50);
  const auto beta = random(50);
  std::vector<float> out(x.size());
  LayerNormF32 norm{
      .x = x.data(),
      .gamma = gamma.data(),
      .beta = beta.data(),
      .out = out.data(),
      .stride = 50,
      .rows = 2,
      .n = 50
  };
  kernels().layer_norm.f32(norm);
  norm.out = x.data();
  kernels().layer_norm.f32(norm);
  EXPECT_EQ(x, out);
}

MARTLET_FOR_EVERY_ISA(LayerNormTest);

}  // namespace
}  // namespace martlet
