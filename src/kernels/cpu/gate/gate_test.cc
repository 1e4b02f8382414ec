#include "kernels/cpu/gate/gate.h"

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class GateTest : public KernelTest {};

TEST_P(GateTest, MultipliesEveryElement) {
  constexpr std::size_t kRows = 3;
  for (const std::size_t n : {1UL, 7UL, 8UL, 15UL, 16UL, 17UL, 33UL, 384UL}) {
    const std::size_t stride = n + 3;
    const auto x = random(kRows * stride);
    const auto gate = random(kRows * stride);
    std::vector<float> out = x;
    kernels().gate.f32(
        {.x = out.data(), .gate = gate.data(), .stride = stride, .rows = kRows, .n = n}
    );
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_EQ(out[i], i % stride < n ? x[i] * gate[i] : x[i]) << "element " << i << ", n " << n;
  }
}

MARTLET_FOR_EVERY_ISA(GateTest);

}  // namespace
}  // namespace martlet
