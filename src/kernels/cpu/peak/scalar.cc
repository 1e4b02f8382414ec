#include <cstdint>

#include "kernels/cpu/peak/peak.h"

namespace martlet {
namespace {

constexpr std::size_t kChains = 8;

double f32(std::size_t steps) noexcept {
  float chain[kChains] = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
  for (std::size_t step = 0; step < steps; ++step) {
    for (float& value : chain) {
      value = value * 0.999F + 0.001F;
      asm volatile("" : "+x"(value));  // keeps the chain as it is written
    }
  }
  return static_cast<double>(steps * kChains);
}

double s8(std::size_t steps) noexcept {
  std::uint32_t chain[kChains] = {1, 1, 1, 1, 1, 1, 1, 1};
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::uint32_t& value : chain) {
      value = value * 3 + 7;
      asm volatile("" : "+r"(value));
    }
  }
  return static_cast<double>(steps * kChains);
}

}  // namespace

const PeakKernel kPeakF32Scalar{&f32};
const PeakKernel kPeakS8Scalar{&s8};

}  // namespace martlet
