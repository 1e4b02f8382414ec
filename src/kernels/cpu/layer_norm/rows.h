// Layer normalization for any vec/ type: three passes over a row that stays in L1.
#pragma once

#include <cmath>

#include "kernels/cpu/layer_norm/layer_norm.h"

namespace martlet {
namespace {

template <class Vec>
struct RowLayerNorm {
  using Reg = typename Vec::Reg;

  /// Sum of f(lanes of x) over a row; f of the lanes past its end must not be added, so the tail is
  /// masked twice.
  static float sum(const float* x, std::size_t n) {
    Reg total[2] = {Vec::zero(), Vec::zero()};
    std::size_t i = 0;
    for (; i + 2 * Vec::kWidth <= n; i += 2 * Vec::kWidth) {
      total[0] = Vec::add(total[0], Vec::load(x + i));
      total[1] = Vec::add(total[1], Vec::load(x + i + Vec::kWidth));
    }
    for (; i < n; i += Vec::kWidth) total[0] = Vec::add(total[0], load(x + i, n - i));
    return Vec::sum(Vec::add(total[0], total[1]));
  }

  static float squares(const float* x, std::size_t n, Reg mean) {
    Reg total[2] = {Vec::zero(), Vec::zero()};
    std::size_t i = 0;
    for (; i + 2 * Vec::kWidth <= n; i += 2 * Vec::kWidth) {
      const Reg first = Vec::sub(Vec::load(x + i), mean);
      const Reg second = Vec::sub(Vec::load(x + i + Vec::kWidth), mean);
      total[0] = Vec::fma(first, first, total[0]);
      total[1] = Vec::fma(second, second, total[1]);
    }
    for (; i < n; i += Vec::kWidth) {
      const std::size_t lanes = n - i < Vec::kWidth ? n - i : Vec::kWidth;
      float buffer[Vec::kWidth] = {};
      Vec::store(buffer, Vec::sub(load(x + i, n - i), mean), lanes);  // the other lanes stay 0
      const Reg difference = Vec::load(buffer);
      total[0] = Vec::fma(difference, difference, total[0]);
    }
    return Vec::sum(Vec::add(total[0], total[1]));
  }

  static Reg load(const float* p, std::size_t left) {
    return left >= Vec::kWidth ? Vec::load(p) : Vec::load(p, left);
  }

  static void run(const LayerNormF32& norm) noexcept {
    const auto count = static_cast<float>(norm.n);
    for (std::size_t row = 0; row < norm.rows; ++row) {
      const float* x = norm.x + row * norm.stride;
      float* out = norm.out + row * norm.stride;
      const Reg mean = Vec::set(sum(x, norm.n) / count);
      const float variance = squares(x, norm.n, mean) / count;
      const Reg inverse = Vec::set(1.0F / std::sqrt(variance + norm.epsilon));
      for (std::size_t i = 0; i < norm.n; i += Vec::kWidth) {
        const std::size_t left = norm.n - i;
        const Reg normal = Vec::mul(Vec::sub(load(x + i, left), mean), inverse);
        const Reg value = Vec::fma(normal, load(norm.gamma + i, left), load(norm.beta + i, left));
        if (left >= Vec::kWidth) {
          Vec::store(out + i, value);
        } else {
          Vec::store(out + i, value, left);
        }
      }
    }
  }
};

}  // namespace
}  // namespace martlet
