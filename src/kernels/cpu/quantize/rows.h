// Row quantization for any vec/ type: one pass for the range, one for the values.
#pragma once

#include <cstdint>

#include "kernels/cpu/quantize/quantize.h"

namespace martlet {
namespace {

template <class Vec>
struct RowQuantize {
  using Reg = typename Vec::Reg;

  static Reg load(const float* x, std::size_t left) {
    return left >= Vec::kWidth ? Vec::load(x) : Vec::load(x, left);
  }

  /// The values that are quantized: x, or x times the factors of its columns.
  template <bool kScaled>
  struct Row {
    const float* x;
    const float* factor;
    std::size_t n;

    [[gnu::always_inline]] Reg whole(std::size_t i) const {
      const Reg value = Vec::load(x + i);
      return kScaled ? Vec::mul(value, Vec::load(factor + i)) : value;
    }
    /// Lanes past n are 0.
    [[gnu::always_inline]] Reg tail(std::size_t i) const {
      const Reg value = load(x + i, n - i);
      return kScaled ? Vec::mul(value, load(factor + i, n - i)) : value;
    }
  };

  /// The largest and the least value of a row, and of 0, so the tail needs no care; two chains of
  /// dependent instructions, so that they overlap.
  struct Range {
    Reg most[2];
    Reg least[2];

    Range() { most[0] = most[1] = least[0] = least[1] = Vec::zero(); }
    [[gnu::always_inline]] void add(std::size_t chain, Reg value) {
      most[chain] = Vec::max(most[chain], value);
      least[chain] = Vec::min(least[chain], value);
    }
    [[nodiscard]] float high() const { return Vec::largest(Vec::max(most[0], most[1])); }
    [[nodiscard]] float low() const {
      return -Vec::largest(Vec::sub(Vec::zero(), Vec::min(least[0], least[1])));
    }
  };

  struct Affine {
    Reg factor;
    Reg offset;
    [[gnu::always_inline]] Reg operator()(Reg value) const {
      return Vec::fma(value, factor, offset);
    }
  };

  /// Chooses the scale and zero point of row `index`.
  static Affine affine(const QuantizeRows& q, std::size_t index, const Range& range) {
    const float low = range.low();
    const float high = range.high();
    const float inverse = high > low ? 255.0F / (high - low) : 0.0F;
    const float zero = __builtin_nearbyintf(-low * inverse);
    q.scale[index] = (high - low) / 255.0F;
    q.zero[index] = zero;
    return {Vec::set(inverse), Vec::set(zero)};
  }

  /// The affine maps of the rows [first, first + kRows): a row alone waits for its own range.
  template <bool kScaled, std::size_t kRows>
  [[gnu::always_inline]] static void affines(
      const QuantizeRows& q, std::size_t first, const Row<kScaled> (&rows)[kRows],
      Affine (&maps)[kRows]
  ) {
    Range ranges[kRows];
    std::size_t i = 0;
    for (; i + 2 * Vec::kWidth <= q.n; i += 2 * Vec::kWidth) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        ranges[r].add(0, rows[r].whole(i));
        ranges[r].add(1, rows[r].whole(i + Vec::kWidth));
      }
    }
    for (; i < q.n; i += Vec::kWidth) {
      for (std::size_t r = 0; r < kRows; ++r) ranges[r].add(0, rows[r].tail(i));
    }
    for (std::size_t r = 0; r < kRows; ++r) maps[r] = affine(q, first + r, ranges[r]);
  }

  template <class T>
  static T* out(const QuantizeRows& q, std::size_t row) {
    return reinterpret_cast<T*>(static_cast<char*>(q.out) + row * q.out_stride);
  }

  template <bool kScaled, std::size_t kRows>
  static void u8_together(const QuantizeRows& q, std::size_t first) {
    Row<kScaled> rows[kRows];
    std::uint8_t* to[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      rows[r] = {q.x + (first + r) * q.stride, q.factor, q.n};
      to[r] = out<std::uint8_t>(q, first + r);
    }
    Affine maps[kRows];
    affines(q, first, rows, maps);
    std::size_t i = 0;
    for (; i + 4 * Vec::kWidth <= q.n; i += 4 * Vec::kWidth) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        const auto at = [&](std::size_t v) { return maps[r](rows[r].whole(i + v * Vec::kWidth)); };
        Vec::store_u8(to[r] + i, at(0), at(1), at(2), at(3));
      }
    }
    for (; i < q.n; i += Vec::kWidth) {
      for (std::size_t r = 0; r < kRows; ++r) Vec::store_u8(to[r] + i, maps[r](rows[r].tail(i)));
    }
  }

  template <bool kScaled>
  static void u8_rows(const QuantizeRows& q) {
    constexpr std::size_t kTogether = 4;
    std::size_t row = 0;
    for (; row + kTogether <= q.rows; row += kTogether) u8_together<kScaled, kTogether>(q, row);
    for (; row < q.rows; ++row) u8_together<kScaled, 1>(q, row);
  }

  template <bool kScaled>
  static void u16_rows(const QuantizeRows& q) {
    for (std::size_t r = 0; r < q.rows; ++r) {
      const Row<kScaled> row[1] = {{q.x + r * q.stride, q.factor, q.n}};
      auto* to = out<std::uint16_t>(q, r);
      Affine map[1];
      affines(q, r, row, map);
      for (std::size_t i = 0; i < q.n; i += Vec::kWidth)
        Vec::store_u16(to + i, map[0](row[0].tail(i)));
    }
  }

  static void u8(const QuantizeRows& q) noexcept {
    return q.factor == nullptr ? u8_rows<false>(q) : u8_rows<true>(q);
  }

  static void u16(const QuantizeRows& q) noexcept {
    return q.factor == nullptr ? u16_rows<false>(q) : u16_rows<true>(q);
  }

  static void bf16(const QuantizeRows& q) noexcept {
    for (std::size_t r = 0; r < q.rows; ++r) {
      const float* x = q.x + r * q.stride;
      auto* to = out<std::uint16_t>(q, r);
      std::size_t i = 0;
      for (; i < q.n; i += Vec::kWidth) Vec::store_bf16(to + i, load(x + i, q.n - i));
      for (; i % 32 != 0; i += Vec::kWidth) Vec::store_bf16(to + i, Vec::zero());
    }
  }
};

}  // namespace
}  // namespace martlet
