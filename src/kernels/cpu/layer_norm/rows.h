// Layer normalization for any vec/ type: three passes over rows that stay in L1.
#pragma once

#include <cmath>
#include <cstring>

#include "kernels/cpu/layer_norm/layer_norm.h"

namespace martlet {
namespace {

template <class Vec>
struct RowLayerNorm {
  using Reg = typename Vec::Reg;

  /// A row alone waits for its own sums. Rows share nothing but the time: each has the bits that it
  /// has alone.
  static constexpr std::size_t kTogether = 4;
  static constexpr std::size_t kChains = 2;  // of dependent additions in a row

  static void run(const LayerNormF32& norm) noexcept {
    std::size_t row = 0;
    for (; row + kTogether <= norm.rows; row += kTogether) normalize<kTogether>(norm, row);
    for (; row < norm.rows; ++row) normalize<1>(norm, row);
  }

 private:
  template <std::size_t kRows>
  static void normalize(const LayerNormF32& norm, std::size_t first) {
    Rows<kRows>(norm, first).normalize(norm, norm.out + first * norm.stride);
  }

  /// `kRows` rows from `first` on.
  template <std::size_t kRows>
  struct Rows {
    Rows(const LayerNormF32& norm, std::size_t first)
        : stride(norm.stride), n(norm.n), x(norm.x + first * stride) {}

    std::size_t stride;
    std::size_t n;
    const float* x;
    Reg mean[kRows] = {};  // zeros until they are known

    [[gnu::always_inline]] void normalize(const LayerNormF32& norm, float* out) {
      const auto count = static_cast<float>(n);
      float sums[kRows];
      sum(sums, [](Reg, Reg value, Reg total) { return Vec::add(total, value); });
      for (std::size_t r = 0; r < kRows; ++r) mean[r] = Vec::set(sums[r] / count);
      sum(sums, [](Reg middle, Reg value, Reg total) {
        const Reg distance = Vec::sub(value, middle);
        return Vec::fma(distance, distance, total);
      });
      Reg inverse[kRows];
      for (std::size_t r = 0; r < kRows; ++r)
        inverse[r] = Vec::set(1.0F / std::sqrt(sums[r] / count + norm.epsilon));
      const float* gammas = norm.gamma;
      const float* betas = norm.beta;
      const auto columns = [&](std::size_t i, auto... lanes) {
        const Reg gamma = Vec::load(gammas + i, lanes...);
        const Reg beta = Vec::load(betas + i, lanes...);
#pragma unroll
        for (std::size_t r = 0; r < kRows; ++r) {
          const Reg distance = Vec::sub(Vec::load(x + r * stride + i, lanes...), mean[r]);
          const Reg value = Vec::fma(Vec::mul(distance, inverse[r]), gamma, beta);
          Vec::store(out + r * stride + i, value, lanes...);
        }
      };
      std::size_t i = 0;
      for (; i + Vec::kWidth <= n; i += Vec::kWidth) columns(i);
      if (i < n) columns(i, n - i);
    }

    /// Of every row, the terms that `add(mean, values, total)` adds; of its mean it adds nothing.
    template <class Add>
    [[gnu::always_inline]] void sum(float (&sums)[kRows], const Add& add) const {
      Reg totals[kRows][kChains];
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) totals[r][0] = totals[r][1] = Vec::zero();
      std::size_t i = 0;
      for (; i + kChains * Vec::kWidth <= n; i += kChains * Vec::kWidth) {
#pragma unroll
        for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
          for (std::size_t c = 0; c < kChains; ++c)
            totals[r][c] =
                add(mean[r], Vec::load(x + r * stride + i + c * Vec::kWidth), totals[r][c]);
        }
      }
      for (; i < n; i += Vec::kWidth) {
#pragma unroll
        for (std::size_t r = 0; r < kRows; ++r)
          totals[r][0] = add(mean[r], rest(r, i), totals[r][0]);
      }
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r)
        sums[r] = Vec::sum(Vec::add(totals[r][0], totals[r][1]));
    }

    /// A row's elements from i on; past its end, its mean.
    [[nodiscard]] Reg rest(std::size_t row, std::size_t i) const {
      if (n - i >= Vec::kWidth) return Vec::load(x + row * stride + i);
      float lanes[Vec::kWidth];
      Vec::store(lanes, mean[row]);
      std::memcpy(lanes, x + row * stride + i, (n - i) * sizeof(float));
      return Vec::load(lanes);
    }
  };
};

}  // namespace
}  // namespace martlet
