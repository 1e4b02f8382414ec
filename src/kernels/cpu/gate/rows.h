// Gated rows for any vec/ type.
#pragma once

#include "kernels/cpu/gate/gate.h"

namespace martlet {
namespace {

template <class Vec>
struct RowGate {
  static void run(const GateRows& t) noexcept {
    for (std::size_t row = 0; row < t.rows; ++row) {
      float* x = t.x + row * t.stride;
      const float* gate = t.gate + row * t.stride;
      std::size_t i = 0;
      for (; i + Vec::kWidth <= t.n; i += Vec::kWidth)
        Vec::store(x + i, Vec::mul(Vec::load(x + i), Vec::load(gate + i)));
      if (const std::size_t rest = t.n - i; rest != 0)
        Vec::store(x + i, Vec::mul(Vec::load(x + i, rest), Vec::load(gate + i, rest)), rest);
    }
  }
};

}  // namespace
}  // namespace martlet
