// Rotations for any vec/ type.
#pragma once

#include "kernels/cpu/rotary/rotary.h"

namespace martlet {
namespace {

template <class Vec>
struct RowRotary {
  using Reg = typename Vec::Reg;

  /// Turns as many pairs as a register has lanes, or the first of them.
  template <class... Lanes>
  [[gnu::always_inline]] static void turn(
      float* x, const float* cosines, std::size_t half, Lanes... lanes
  ) {
    const Reg first = Vec::load(x, lanes...);
    const Reg second = Vec::load(x + half, lanes...);
    const Reg cosine = Vec::load(cosines, lanes...);
    const Reg sine = Vec::load(cosines + half, lanes...);
    Vec::store(x, Vec::sub(Vec::mul(first, cosine), Vec::mul(second, sine)), lanes...);
    Vec::store(x + half, Vec::fma(second, cosine, Vec::mul(first, sine)), lanes...);
  }

  static void run(const RotateRows& t) noexcept {
    const std::size_t half = t.n / 2;
    for (std::size_t row = 0; row < t.rows; ++row) {
      float* x = t.x + row * t.stride;
      const float* cosines = t.angles + row * t.n;
      std::size_t i = 0;
      for (; i + Vec::kWidth <= half; i += Vec::kWidth) turn(x + i, cosines + i, half);
      if (i < half) turn(x + i, cosines + i, half, half - i);
    }
  }
};

}  // namespace
}  // namespace martlet
