#include "kernels/cpu/peak/peak.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class PeakTest : public KernelTest {};

double gmacs_per_second(const PeakKernel& kernel) {
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double macs = kernel.run(2000);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, macs / elapsed.count() / 1e9);
  }
  return best;
}

/// No processor does 16,384 MACs in less than a cycle, and none of these is slower than one MAC in
/// four: what lies outside was optimized away, or counted wrong.
TEST_P(PeakTest, RatesArePossible) {
  const Kernels& level = kernels();
  for (const PeakKernel* kernel : {&level.peak_f32, &level.peak_s8, level.peak_bf16}) {
    if (kernel == nullptr) continue;
    const double rate = gmacs_per_second(*kernel);
    EXPECT_GT(rate, 0.05);
    EXPECT_LT(rate, 20000);
  }
  EXPECT_EQ(level.peak_bf16 == nullptr, level.gemm_bf16 == nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    EveryLevel, PeakTest, ::testing::ValuesIn(all_isas().begin(), all_isas().end()),
    [](const auto& info) { return std::string(to_string(info.param)); }
);

}  // namespace
}  // namespace martlet
