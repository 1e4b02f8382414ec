#include "kernels/cpu/layer_norm/layer_norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class LayerNormTest : public KernelTest {
 protected:
  /// Rows of x, normalized and in 8 bits.
  struct Quantized {
    std::vector<float> out;
    std::vector<std::uint8_t> bytes;
    std::vector<float> scale, offset;

    bool operator==(const Quantized&) const = default;
  };

  enum class How { kInTurn, kAtOnce, kAtOnceInPlace };

  Quantized quantized(
      How how, const std::vector<float>& x, std::size_t rows, const float* factor = nullptr
  ) {
    const std::size_t n = x.size() / rows;
    const std::size_t padded = round_up(n, 64);
    Quantized result{
        how == How::kAtOnceInPlace ? x : std::vector<float>(x.size(), -777),
        std::vector<std::uint8_t>(rows * padded), std::vector<float>(rows), std::vector<float>(rows)
    };
    const std::vector<float> gamma(n, 1.5F);
    const std::vector<float> beta(n, 0.25F);
    const LayerNormF32 norm{
        .x = how == How::kAtOnceInPlace ? result.out.data() : x.data(),
        .gamma = gamma.data(),
        .beta = beta.data(),
        .epsilon = 1e-5F,
        .out = result.out.data(),
        .stride = n,
        .rows = rows,
        .n = n,
    };
    const QuantizeRows to{
        .x = result.out.data(),
        .stride = n,
        .rows = rows,
        .n = n,
        .factor = factor,
        .out = result.bytes.data(),
        .out_stride = padded,
        .scale = result.scale.data(),
        .offset = result.offset.data(),
    };
    if (how == How::kInTurn) {
      kernels().layer_norm.f32(norm);
      kernels().quantize.u8(to);
    } else {
      kernels().layer_norm.f32_to_u8(norm, to);
    }
    for (std::size_t row = 0; row < rows; ++row)  // what lies past n is not specified
      std::fill_n(
          result.bytes.begin() + static_cast<std::ptrdiff_t>(row * padded + n), padded - n, 0
      );
    return result;
  }
};

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

TEST_P(LayerNormTest, QuantizesAtOnceToTheSameBits) {
  for (const std::size_t n : {1UL, 16UL, 31UL, 64UL, 100UL, 384UL, 768UL, 1023UL}) {
    const auto factor = random(n);
    for (std::size_t rows = 1; rows <= 18; ++rows) {
      const auto x = random(rows * n, 3);
      for (const float* factors : {static_cast<const float*>(nullptr), factor.data()}) {
        const Quantized expected = quantized(How::kInTurn, x, rows, factors);
        EXPECT_EQ(quantized(How::kAtOnce, x, rows, factors), expected) << rows << " of " << n;
        EXPECT_EQ(quantized(How::kAtOnceInPlace, x, rows, factors), expected)
            << rows << " of " << n;
      }
    }
  }
}

TEST_P(LayerNormTest, RowsDoNotDependOnTheirNeighbours) {
  constexpr std::size_t kRows = 15;
  for (const std::size_t n : {7UL, 100UL, 384UL, 768UL}) {
    const auto x = random(kRows * n, 3);
    const Quantized whole = quantized(How::kAtOnce, x, kRows);
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto at = [&](std::size_t r) { return static_cast<std::ptrdiff_t>(r * n); };
      const std::vector<float> alone(x.begin() + at(row), x.begin() + at(row + 1));
      const Quantized one = quantized(How::kAtOnce, alone, 1);
      EXPECT_TRUE(std::equal(one.out.begin(), one.out.end(), whole.out.begin() + at(row)))
          << row << " of width " << n;
      EXPECT_EQ(one.scale[0], whole.scale[row]);
      EXPECT_EQ(one.offset[0], whole.offset[row]);
    }
  }
}

MARTLET_FOR_EVERY_ISA(LayerNormTest);

}  // namespace
}  // namespace martlet
