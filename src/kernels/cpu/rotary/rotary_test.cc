#include "kernels/cpu/rotary/rotary.h"

#include <cmath>

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class RotaryTest : public KernelTest {};

TEST_P(RotaryTest, TurnsEveryPair) {
  constexpr std::size_t kRows = 5;
  for (const std::size_t n : {2UL, 6UL, 12UL, 16UL, 32UL, 34UL, 64UL, 80UL}) {
    const std::size_t stride = n + 3;
    const auto x = random(kRows * stride);
    const auto turns = random(kRows * n / 2);
    std::vector<float> angles(kRows * n);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const std::size_t at = i / (n / 2) * n + i % (n / 2);
      angles[at] = std::cos(turns[i]);
      angles[at + n / 2] = std::sin(turns[i]);
    }
    std::vector<float> out = x;
    kernels().rotary.f32(
        {.x = out.data(), .stride = stride, .angles = angles.data(), .rows = kRows, .n = n}
    );
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t i = 0; i < n / 2; ++i) {
        const double turn = turns[row * (n / 2) + i];
        const double a = x[row * stride + i];
        const double b = x[row * stride + n / 2 + i];
        EXPECT_NEAR(out[row * stride + i], a * std::cos(turn) - b * std::sin(turn), 1e-6) << n;
        EXPECT_NEAR(out[row * stride + n / 2 + i], b * std::cos(turn) + a * std::sin(turn), 1e-6)
            << n;
      }
      for (std::size_t i = n; i < stride; ++i)
        ASSERT_EQ(out[row * stride + i], x[row * stride + i]) << "wrote past the end, n " << n;
    }
  }
}

MARTLET_FOR_EVERY_ISA(RotaryTest);

}  // namespace
}  // namespace martlet
