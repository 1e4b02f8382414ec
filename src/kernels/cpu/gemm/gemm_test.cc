#include "kernels/cpu/gemm/gemm.h"

#include <cmath>

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

struct Problem {
  std::size_t m, n, k;
  Activation activation = Activation::kNone;
  bool bias = true;
  bool residual = false;
};

double activate(double x, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

class GemmTest : public KernelTest {
 protected:
  struct Data {
    std::vector<float> a, weight, bias, residual, packed;
  };

  Data make(const Problem& p) {
    Data data{random(p.m * p.k), random(p.n * p.k, 0.1F), random(p.n), random(p.m * p.n), {}};
    const std::size_t width = kernels().gemm.panel_width;
    data.packed.resize(panel_count(p.n, width) * width * p.k);
    pack_panels(data.weight.data(), p.n, p.k, width, data.packed.data());
    return data;
  }

  /// Rows [row, row + rows) of the problem, panels [first, last).
  std::vector<float> run(
      const Problem& p, const Data& data, std::size_t row, std::size_t rows, std::size_t first,
      std::size_t last
  ) {
    constexpr float kUntouched = -777;
    std::vector<float> c(rows * row_stride(p.n), kUntouched);
    kernels().gemm.f32(
        GemmF32{
            .a = data.a.data() + row * p.k,
            .lda = p.k,
            .packed = data.packed.data(),
            .bias = p.bias ? data.bias.data() : nullptr,
            .residual = p.residual ? data.residual.data() + row * p.n : nullptr,
            .ldr = p.n,
            .c = c.data(),
            .ldc = row_stride(p.n),
            .m = rows,
            .n = p.n,
            .k = p.k,
            .activation = p.activation,
        },
        first, last
    );
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t i = p.n; i < row_stride(p.n); ++i)
        EXPECT_EQ(c[r * row_stride(p.n) + i], kUntouched);
    }
    return c;
  }

  void expect_right(const Problem& p) {
    const Data data = make(p);
    const auto c = run(p, data, 0, p.m, 0, panel_count(p.n, kernels().gemm.panel_width));
    for (std::size_t row = 0; row < p.m; ++row) {
      for (std::size_t column = 0; column < p.n; ++column) {
        double sum = 0;
        for (std::size_t i = 0; i < p.k; ++i) {
          sum += static_cast<double>(data.a[row * p.k + i]) * data.weight[column * p.k + i];
        }
        const double tolerance = 2e-6 * std::sqrt(static_cast<double>(p.k)) + 2e-6;
        if (p.bias) sum += data.bias[column];
        if (p.residual) sum += data.residual[row * p.n + column];
        sum = activate(sum, p.activation);
        ASSERT_NEAR(c[row * row_stride(p.n) + column], sum, tolerance)
            << "m " << p.m << " n " << p.n << " k " << p.k << " row " << row << " column "
            << column;
      }
    }
  }
};

TEST_P(GemmTest, EveryRowCount) {
  for (std::size_t m = 1; m <= 40; ++m) expect_right({.m = m, .n = 50, .k = 37});
  for (const std::size_t m : {127UL, 239UL, 240UL, 241UL, 300UL})
    expect_right({.m = m, .n = 17, .k = 16});
}

TEST_P(GemmTest, OddColumnsAndDepths) {
  for (const std::size_t n : {1UL, 2UL, 15UL, 16UL, 17UL, 47UL, 48UL, 49UL, 96UL, 97UL, 145UL}) {
    for (const std::size_t k : {1UL, 3UL, 191UL, 192UL, 193UL, 577UL, 769UL})
      expect_right({.m = 9, .n = n, .k = k});
  }
}

TEST_P(GemmTest, DepthBeyondOneBlock) {
  expect_right({.m = 13, .n = 100, .k = 1600, .residual = true});
}

TEST_P(GemmTest, EveryActivation) {
  for (const Activation activation :
       {Activation::kNone, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu,
        Activation::kTanh}) {
    expect_right(
        {.m = 11, .n = 70, .k = 24, .activation = activation, .bias = true, .residual = true}
    );
    expect_right({.m = 3, .n = 33, .k = 8, .activation = activation, .bias = false});
  }
}

TEST_P(GemmTest, RowsDoNotDependOnTheirNeighbours) {
  const Problem p{.m = 61, .n = 130, .k = 400, .activation = Activation::kGelu, .residual = true};
  const Data data = make(p);
  const std::size_t panels = panel_count(p.n, kernels().gemm.panel_width);
  const auto whole = run(p, data, 0, p.m, 0, panels);
  for (const std::size_t rows : {1UL, 2UL, 5UL, 8UL, 13UL, 30UL}) {
    for (std::size_t row = 0; row + rows <= p.m; row += 7) {
      const auto part = run(p, data, row, rows, 0, panels);
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t i = 0; i < p.n; ++i) {
          ASSERT_EQ(part[r * row_stride(p.n) + i], whole[(row + r) * row_stride(p.n) + i])
              << rows << " rows at " << row;
        }
      }
    }
  }
}

TEST_P(GemmTest, AddsToItsResidualInPlace) {
  for (const std::size_t m : {1UL, 7UL, 8UL, 9UL, 250UL}) {
    const Problem p{.m = m, .n = 70, .k = 800, .residual = true};
    const Data data = make(p);
    const std::size_t panels = panel_count(p.n, kernels().gemm.panel_width);
    const auto apart = run(p, data, 0, m, 0, panels);
    auto c = data.residual;
    kernels().gemm.f32(
        {.a = data.a.data(),
         .lda = p.k,
         .packed = data.packed.data(),
         .bias = data.bias.data(),
         .residual = c.data(),
         .ldr = p.n,
         .c = c.data(),
         .ldc = p.n,
         .m = m,
         .n = p.n,
         .k = p.k},
        0, panels
    );
    for (std::size_t i = 0; i < c.size(); ++i)
      ASSERT_EQ(c[i], apart[i / p.n * row_stride(p.n) + i % p.n]) << m << " rows, element " << i;
  }
}

TEST_P(GemmTest, PanelsCanBeComputedApart) {
  const Problem p{.m = 10, .n = 200, .k = 64};
  const Data data = make(p);
  const std::size_t panels = panel_count(p.n, kernels().gemm.panel_width);
  const auto whole = run(p, data, 0, p.m, 0, panels);
  for (std::size_t panel = 0; panel < panels; ++panel) {
    const auto part = run(p, data, 0, p.m, panel, panel + 1);
    for (std::size_t i = 0; i < p.n; ++i) {
      const bool mine = i / kernels().gemm.panel_width == panel;
      ASSERT_EQ(part[i], mine ? whole[i] : -777.0F) << "panel " << panel << " column " << i;
    }
  }
}

MARTLET_FOR_EVERY_ISA(GemmTest);

}  // namespace
}  // namespace martlet
