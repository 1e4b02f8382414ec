// Twelve independent chains of multiply-adds: enough to fill two units of latency 4 to 5.
//
// An Op has a register type Reg, kMacs of one instruction, a chain's first value `start`, and
// `step(sum)`, which adds a product of its own operands to the sum.
#pragma once

#include "kernels/cpu/peak/peak.h"

namespace martlet {
namespace {

template <class Op>
struct Chains {
  static double run(std::size_t steps) noexcept {
    constexpr std::size_t kChains = 12;
    Op op;
    typename Op::Reg chain[kChains];
    for (auto& sum : chain) sum = op.start;
    for (std::size_t step = 0; step < steps; ++step) {
#pragma unroll
      for (auto& sum : chain) {
        sum = op.step(sum);
        asm volatile("" : "+v"(sum));  // keeps the chain as it is written
      }
    }
    return static_cast<double>(steps * kChains * Op::kMacs);
  }
};

/// fp32: sum = sum * factor + summand, which stays near 1.
template <class Vec>
struct MultiplyAdd {
  using Reg = typename Vec::Reg;
  static constexpr std::size_t kMacs = Vec::kWidth;
  Reg start = Vec::set(0.5F);
  Reg factor = Vec::set(0.999F);
  Reg summand = Vec::set(0.001F);

  Reg step(Reg sum) const { return Vec::fma(sum, factor, summand); }
};

}  // namespace
}  // namespace martlet
