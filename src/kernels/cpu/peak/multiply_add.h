// Twelve independent chains of multiply-adds: enough to fill two units of latency 4 to 5.
#pragma once

#include "kernels/cpu/peak/peak.h"

namespace martlet {
namespace {

template <class Vec>
struct MultiplyAdd {
  static double run(std::size_t steps) noexcept {
    constexpr std::size_t kChains = 12;
    typename Vec::Reg chain[kChains];
    for (auto& value : chain) value = Vec::set(0.5F);
    const auto factor = Vec::set(0.999F);
    const auto summand = Vec::set(0.001F);
    for (std::size_t step = 0; step < steps; ++step) {
#pragma unroll
      for (auto& value : chain) {
        value = Vec::fma(value, factor, summand);
        asm volatile("" : "+v"(value));  // keeps the chain as it is written
      }
    }
    return static_cast<double>(steps * kChains * Vec::kWidth);
  }
};

}  // namespace
}  // namespace martlet
