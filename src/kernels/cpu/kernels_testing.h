// Shared by the kernel tests: every level in turn, random data, and a note of the levels that could
// not run.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// A test per ISA level. Skips, with the reason, what this machine cannot run, and fails if the
/// table hands out another level's kernels than the one asked for.
class KernelTest : public ::testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!is_supported(GetParam()))
      GTEST_SKIP() << "this processor cannot run " << to_string(GetParam());
    ASSERT_EQ(kernels().isa, GetParam());
  }

  static const Kernels& kernels() { return kernels_for(GetParam()); }

  std::vector<float> random(std::size_t size, float spread = 1) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> values(size);
    for (float& value : values) value = normal(generator_);
    return values;
  }

  std::mt19937& generator() { return generator_; }

 private:
  std::mt19937 generator_{20261122};
};

inline std::string isa_name(const ::testing::TestParamInfo<Isa>& info) {
  return std::string(to_string(info.param));
}

#define MARTLET_FOR_EVERY_ISA(Test)                                                  \
  INSTANTIATE_TEST_SUITE_P(                                                          \
      Isa, Test, ::testing::ValuesIn(all_isas().begin(), all_isas().end()), isa_name \
  )

}  // namespace martlet
