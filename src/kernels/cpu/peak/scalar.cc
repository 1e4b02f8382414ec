#include "kernels/cpu/peak/peak.h"

namespace martlet {
namespace {

double f32(std::size_t steps) noexcept {
  constexpr std::size_t kChains = 8;
  float chain[kChains] = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
  for (std::size_t step = 0; step < steps; ++step) {
    for (float& value : chain) {
      value = value * 0.999F + 0.001F;
      asm volatile("" : "+x"(value));  // keeps the chain as it is written
    }
  }
  return static_cast<double>(steps * kChains);
}

}  // namespace

const PeakKernels kPeakScalar{&f32};

}  // namespace martlet
