#include "kernels/cpu/gemm_q/gemm_q.h"

#include <cmath>
#include <cstring>

#include "core/half.h"
#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

/// Operand rows as the kernels read them: padded in rows and in k.
struct Operand {
  std::vector<std::uint8_t> bytes;
  std::size_t stride;

  Operand(std::size_t rows, std::size_t k, OperandType type)
      : bytes((rows + 32) * round_up(k, 64) * size_of(type)),
        stride(round_up(k, 64) * size_of(type)) {}

  void set(std::size_t row, std::size_t i, std::uint16_t value, OperandType type) {
    std::uint8_t* at = bytes.data() + row * stride + i * size_of(type);
    if (type == OperandType::kU8) {
      *at = static_cast<std::uint8_t>(value);
    } else {
      std::memcpy(at, &value, sizeof(value));
    }
  }
};

class GemmS8Test : public KernelTest {
 protected:
  static const GemmQKernels& gemm() { return kernels().gemm_s8; }

  /// The plain integer products a w, through the kernel with every scale 1 and zero point 0: as
  /// rows, or as bands of so many columns, [n / band, m, band].
  std::vector<float> products(
      std::size_t m, std::size_t n, std::size_t k, const std::vector<std::uint8_t>& a,
      const std::vector<std::int8_t>& w, std::size_t band = 0
  ) {
    Operand operand(m, k, gemm().operand);
    for (std::size_t row = 0; row < m; ++row) {
      for (std::size_t i = 0; i < k; ++i) operand.set(row, i, a[row * k + i], gemm().operand);
    }
    std::vector<std::uint8_t> packed(packed_bytes(gemm(), n, k));
    pack_s8_values(gemm(), w.data(), n, k, packed.data());
    const std::vector<float> ones(std::max(m, n), 1);
    const std::vector<float> zeros(std::max(m, n), 0);
    std::vector<float> c(m * n);
    run_in_two_parts({
        .a = operand.bytes.data(),
        .lda = operand.stride,
        .a_scale = ones.data(),
        .a_offset = zeros.data(),
        .packed = packed.data(),
        .scale = ones.data(),
        .scaled_sums = zeros.data(),
        .bias = zeros.data(),
        .c = c.data(),
        .ldc = band == 0 ? n : band,
        .c_band = band,
        .c_band_stride = m * band,
        .m = m,
        .n = n,
        .k = k,
    });
    return c;
  }

  /// Later columns first, so that a range that writes past its end is seen; where they begin a
  /// band, as a C of their own.
  static void run_in_two_parts(const GemmQ& task) {
    const std::size_t panels = panel_count(task.n, gemm().panel_width);
    const std::size_t middle = panels / 2 * gemm().panel_width;
    GemmQ later = task;
    if (task.c_band == 0 || middle % task.c_band == 0) {
      later.c = task.column(middle);
      later.c_column = middle;
    }
    gemm().run(later, panels / 2, panels);
    gemm().run(task, 0, panels / 2);
  }

  void expect_exact(
      std::size_t m, std::size_t n, std::size_t k, const std::vector<std::uint8_t>& a,
      const std::vector<std::int8_t>& w
  ) {
    const auto c = products(m, n, k, a, w);
    for (std::size_t row = 0; row < m; ++row) {
      for (std::size_t column = 0; column < n; ++column) {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < k; ++i) sum += a[row * k + i] * w[column * k + i];
        ASSERT_EQ(c[row * n + column], static_cast<float>(sum))
            << "m " << m << " n " << n << " k " << k;
      }
    }
  }

  std::vector<std::uint8_t> random_u8(std::size_t size) {
    std::vector<std::uint8_t> values(size);
    for (auto& value : values) value = static_cast<std::uint8_t>(generator()());
    return values;
  }
  std::vector<std::int8_t> random_s8(std::size_t size) {
    std::vector<std::int8_t> values(size);
    for (auto& value : values) value = static_cast<std::int8_t>(generator()());
    return values;
  }
};

TEST_P(GemmS8Test, SumsIntegersExactly) {
  for (std::size_t m = 1; m <= 50; m += m < 10 ? 1 : 3) {
    expect_exact(m, 70, 77, random_u8(m * 77), random_s8(70 * 77));
  }
  for (const std::size_t n : {1UL, 15UL, 63UL, 64UL, 65UL, 130UL}) {
    for (const std::size_t k : {1UL, 2UL, 3UL, 63UL, 64UL, 65UL, 200UL}) {
      expect_exact(17, n, k, random_u8(17 * k), random_s8(n * k));
    }
  }
  expect_exact(300, 20, 40, random_u8(300 * 40), random_s8(20 * 40));
}

/// Of a long k the sums may be made part by part, for groups of rows.
TEST_P(GemmS8Test, SumsOfManyRowsAndLongRowsAreExact) {
  for (const std::size_t k : {768UL, 769UL, 1536UL, 1700UL}) {
    for (const std::size_t m : {33UL, 64UL, 130UL, 171UL})
      expect_exact(m, 70, k, random_u8(m * k), random_s8(70 * k));
  }
}

TEST_P(GemmS8Test, ExtremesDoNotSaturate) {
  for (const std::size_t m : {1UL, 8UL, 9UL, 33UL}) {
    constexpr std::size_t kDepth = 384;
    for (const int weight : {-128, 127}) {
      expect_exact(
          m, 66, kDepth, std::vector<std::uint8_t>(m * kDepth, 255),
          std::vector<std::int8_t>(66 * kDepth, static_cast<std::int8_t>(weight))
      );
    }
  }
}

TEST_P(GemmS8Test, EpilogueScalesAddsAndActivates) {
  constexpr std::size_t kM = 21, kN = 70, kK = 100;
  const auto a = random_u8(kM * kK);
  const auto weight = random(kN * kK, 0.1F);
  const auto bias = random(kN);
  const auto residual = random(kM * kN);
  auto scales = random(kM, 0.01F);
  std::vector<float> offsets(kM);
  for (std::size_t i = 0; i < kM; ++i) {
    scales[i] = std::abs(scales[i]);
    offsets[i] = -scales[i] * static_cast<float>(i * 11);
  }
  Operand operand(kM, kK, gemm().operand);
  for (std::size_t row = 0; row < kM; ++row) {
    for (std::size_t i = 0; i < kK; ++i) operand.set(row, i, a[row * kK + i], gemm().operand);
  }
  std::vector<std::uint8_t> packed(packed_bytes(gemm(), kN, kK));
  std::vector<float> scale(kN), sums(kN), c(kM * kN);
  const auto factors = random(kK);
  pack_s8(
      gemm(), {.weight = weight.data(),
               .n = kN,
               .k = kK,
               .factor = factors.data(),
               .packed = packed.data(),
               .scale = scale.data(),
               .scaled_sums = sums.data()}
  );
  GemmQ task{
      .a = operand.bytes.data(),
      .lda = operand.stride,
      .a_scale = scales.data(),
      .a_offset = offsets.data(),
      .packed = packed.data(),
      .scale = scale.data(),
      .scaled_sums = sums.data(),
      .bias = bias.data(),
      .residual = residual.data(),
      .ldr = kN,
      .c = c.data(),
      .ldc = kN,
      .m = kM,
      .n = kN,
      .k = kK,
      .activation = Activation::kGelu,
  };
  run_in_two_parts(task);
  auto in_place = residual;
  task.residual = task.c = in_place.data();
  run_in_two_parts(task);
  EXPECT_EQ(in_place, c);
  for (std::size_t row = 0; row < kM; ++row) {
    for (std::size_t column = 0; column < kN; ++column) {
      double sum = 0;
      for (std::size_t i = 0; i < kK; ++i) {
        const float scaled = weight[column * kK + i] * factors[i];
        const double w = std::nearbyint(scaled * (1 / scale[column])) * scale[column];
        sum += (static_cast<double>(scales[row]) * a[row * kK + i] + offsets[row]) * w;
      }
      sum += bias[column] + residual[row * kN + column];
      sum = 0.5 * sum * (1 + std::erf(sum / std::sqrt(2.0)));
      ASSERT_NEAR(c[row * kN + column], sum, 1e-4);
    }
  }
}

TEST_P(GemmS8Test, BandsHoldTheElementsThatRowsHold) {
  constexpr std::size_t kN = 192, kK = 70;
  const auto w = random_s8(kN * kK);
  for (const std::size_t m : {1, 7, 16, 33}) {
    const auto a = random_u8(m * kK);
    const auto rows = products(m, kN, kK, a, w);
    for (const std::size_t band : {16, 32, 48, 64, 192}) {
      const auto bands = products(m, kN, kK, a, w, band);
      for (std::size_t row = 0; row < m; ++row) {
        for (std::size_t column = 0; column < kN; ++column) {
          const std::size_t at = column / band * m * band + row * band + column % band;
          ASSERT_EQ(bands[at], rows[row * kN + column]) << m << " " << band << " " << column;
        }
      }
    }
  }
}

MARTLET_FOR_EVERY_ISA(GemmS8Test);

class GemmBf16Test : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (!IsSkipped() && kernels().gemm_bf16 == nullptr)
      GTEST_SKIP() << to_string(GetParam()) << " has no bf16 products";
  }

  void expect_right(std::size_t m, std::size_t n, std::size_t k);
};

/// Random operands of these sizes: the reference's products, and parts of the rows the same bits.
void GemmBf16Test::expect_right(std::size_t m, std::size_t n, std::size_t k) {
  const GemmQKernels& gemm = *kernels().gemm_bf16;
  const auto a = random(m * k);
  const auto weight = random(n * k, 0.1F);
  const auto bias = random(n);
  Operand operand(m, k, OperandType::kBf16);
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t i = 0; i < k; ++i)
      operand.set(row, i, float_to_bfloat16(a[row * k + i]), OperandType::kBf16);
  }
  std::vector<std::uint8_t> packed(packed_bytes(gemm, n, k));
  pack_bf16(gemm, weight.data(), n, k, packed.data());
  const auto run = [&](std::size_t row, std::size_t rows) {
    std::vector<float> c(rows * n);
    gemm.run(
        {.a = operand.bytes.data() + row * operand.stride,
         .lda = operand.stride,
         .packed = packed.data(),
         .bias = bias.data(),
         .c = c.data(),
         .ldc = n,
         .m = rows,
         .n = n,
         .k = k},
        0, panel_count(n, gemm.panel_width)
    );
    return c;
  };
  const auto whole = run(0, m);
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      double sum = bias[column];
      for (std::size_t i = 0; i < k; ++i) {
        sum += static_cast<double>(bfloat16_to_float(float_to_bfloat16(a[row * k + i]))) *
               bfloat16_to_float(float_to_bfloat16(weight[column * k + i]));
      }
      ASSERT_NEAR(whole[row * n + column], sum, 1e-7 * static_cast<double>(k) + 1e-5);
    }
  }
  for (const std::size_t rows : {1UL, 3UL, 8UL, 9UL, 16UL, 17UL, 32UL}) {
    for (std::size_t row = 0; row + rows <= m; row += m / 7) {
      const auto part = run(row, rows);
      for (std::size_t i = 0; i < part.size(); ++i)
        ASSERT_EQ(part[i], whole[row * n + i]) << rows << " rows at " << row;
    }
  }
}

TEST_P(GemmBf16Test, EqualsTheReferenceAndRowsAreIndependent) {
  expect_right(45, 70, 90);
  expect_right(171, 40, 1000);
}

MARTLET_FOR_EVERY_ISA(GemmBf16Test);

}  // namespace
}  // namespace martlet
