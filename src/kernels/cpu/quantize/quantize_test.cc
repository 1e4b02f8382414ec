#include "kernels/cpu/quantize/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

#include "core/half.h"
#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class QuantizeTest : public KernelTest {
 protected:
  template <class T>
  void expect_close(
      void (*quantize)(const QuantizeRows&) noexcept, const std::vector<float>& x, std::size_t n
  ) {
    const std::size_t rows = x.size() / n;
    const std::size_t padded = round_up(n, 64);
    std::vector<T> out(rows * padded);
    std::vector<float> scale(rows), offset(rows);
    quantize(
        {.x = x.data(),
         .stride = n,
         .rows = rows,
         .n = n,
         .out = out.data(),
         .out_stride = padded * sizeof(T),
         .scale = scale.data(),
         .offset = offset.data()}
    );
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < n; ++i) {
        const float back = static_cast<float>(out[row * padded + i]) * scale[row] + offset[row];
        ASSERT_LE(out[row * padded + i], 255);
        ASSERT_NEAR(back, x[row * n + i], scale[row] * 1.001F + 1e-30F) << "n " << n << " i " << i;
        if (x[row * n + i] == 0) ASSERT_EQ(back, 0) << "zero must be exact";
      }
    }
  }
};

TEST_P(QuantizeTest, ValuesComeBackWithinOneStep) {
  for (const std::size_t n : {1UL, 7UL, 8UL, 16UL, 17UL, 63UL, 100UL, 384UL}) {
    auto x = random(4 * n, 2);
    x[0] = 0;
    for (std::size_t i = 0; i < n; ++i) x[n + i] = std::abs(x[n + i]);  // a row without negatives
    for (std::size_t i = 0; i < n; ++i)
      x[2 * n + i] = -std::abs(x[2 * n + i]);  // and one without positives
    for (std::size_t i = 0; i < n; ++i) x[3 * n + i] = 0;
    expect_close<std::uint8_t>(kernels().quantize.u8, x, n);
    expect_close<std::uint16_t>(kernels().quantize.u16, x, n);
  }
}

TEST_P(QuantizeTest, Bf16RoundsToNearestEvenAndFillsUp) {
  if (kernels().quantize.bf16 == nullptr)
    GTEST_SKIP() << to_string(GetParam()) << " has no bf16 products";
  for (const std::size_t n : {1UL, 16UL, 33UL, 100UL}) {
    const auto x = random(2 * n);
    const std::size_t padded = round_up(n, 64);
    std::vector<std::uint16_t> out(2 * padded, 0xFFFF);
    kernels().quantize.bf16(
        {.x = x.data(), .stride = n, .rows = 2, .n = n, .out = out.data(), .out_stride = padded * 2}
    );
    for (std::size_t row = 0; row < 2; ++row) {
      for (std::size_t i = 0; i < n; ++i)
        ASSERT_EQ(out[row * padded + i], float_to_bfloat16(x[row * n + i]));
      if (GetParam() == Isa::kScalar) continue;  // its products read no padding
      for (std::size_t i = n; i < round_up(n, 32); ++i) ASSERT_EQ(out[row * padded + i], 0);
    }
  }
}

TEST_P(QuantizeTest, FactorsAreAppliedBeforeTheRangeIsFound) {
  for (const std::size_t n : {1UL, 17UL, 64UL, 100UL, 384UL}) {
    const auto x = random(3 * n);
    const auto factor = random(n);
    auto product = x;
    for (std::size_t i = 0; i < product.size(); ++i) product[i] *= factor[i % n];
    const std::size_t padded = round_up(n, 64);
    const auto quantized = [&](const std::vector<float>& from, const float* factors) {
      std::vector<std::uint8_t> out(3 * padded);
      std::vector<float> scale(3), offset(3);
      kernels().quantize.u8(
          {.x = from.data(),
           .stride = n,
           .rows = 3,
           .n = n,
           .factor = factors,
           .out = out.data(),
           .out_stride = padded,
           .scale = scale.data(),
           .offset = offset.data()}
      );
      for (std::size_t row = 0; row < 3; ++row)  // what lies past n is not specified
        std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(row * padded + n), padded - n, 0);
      return std::tuple(out, scale, offset);
    };
    EXPECT_EQ(quantized(x, factor.data()), quantized(product, nullptr)) << n;
  }
}

MARTLET_FOR_EVERY_ISA(QuantizeTest);

}  // namespace
}  // namespace martlet
