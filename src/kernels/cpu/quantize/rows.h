// Row quantization for any vec/ type: one pass for the range, one for the values.
#pragma once

#include <cstdint>

#include "kernels/cpu/quantize/quantize.h"

namespace martlet {
namespace {

/// Up to four rows to 8 bits, a pass at a time: a row alone waits for its own range. Rows share
/// nothing but the time.
template <class Vec, bool kScaled, std::size_t kRows>
class IntegerRows {
 public:
  using Reg = typename Vec::Reg;

  /// The largest and the least value of each row, and of 0, so that lanes past the end need no
  /// care.
  struct Ranges {
    Reg most[4];
    Reg least[4];

    Ranges() {
#pragma unroll
      for (std::size_t r = 0; r < 4; ++r) most[r] = least[r] = Vec::zero();
    }
    [[gnu::always_inline]] void add(std::size_t r, Reg value) {
      most[r] = Vec::max(most[r], value);
      least[r] = Vec::min(least[r], value);
    }
    /// A chain of half as many dependent instructions.
    [[gnu::always_inline]] void add(std::size_t r, Reg a, Reg b) {
      most[r] = Vec::max(most[r], Vec::max(a, b));
      least[r] = Vec::min(least[r], Vec::min(a, b));
    }
  };

  /// `kRows` rows from `first` on.
  void begin(const QuantizeRows& q, std::size_t first) {
    q_ = &q;
    first_ = first;
  }

  [[nodiscard]] const float* factors() const { return q_->factor; }

  /// Extends the ranges by what is quantized of the values of columns from i on.
  template <class... Lanes>
  [[gnu::always_inline]] static void extend(
      Ranges& ranges, const Reg (&values)[kRows], const float* factors, std::size_t i,
      Lanes... lanes
  ) {
    const Reg factor = kScaled ? Vec::load(factors + i, lanes...) : Vec::zero();
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r)
      ranges.add(r, kScaled ? Vec::mul(values[r], factor) : values[r]);
  }

  /// The first pass.
  [[gnu::always_inline]] void find_ranges() {
    constexpr std::size_t kWidth = Vec::kWidth;
    const Source from(*q_, first_);
    Ranges ranges;
    std::size_t i = 0;
    for (; i + 2 * kWidth <= from.n; i += 2 * kWidth) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r)
        ranges.add(r, from.value(r, i), from.value(r, i + kWidth));
    }
    for (; i < from.n; i += kWidth) {
      for (std::size_t r = 0; r < kRows; ++r) ranges.add(r, from.rest(r, i));
    }
    choose(ranges);
  }

  /// Chooses scales and zero points.
  [[gnu::always_inline]] void choose(const Ranges& ranges) {
    Reg negated[4];
#pragma unroll
    for (std::size_t r = 0; r < 4; ++r) negated[r] = Vec::sub(Vec::zero(), ranges.least[r]);
    float high[4];
    float minus_low[4];
    Vec::largest(ranges.most, high);
    Vec::largest(negated, minus_low);
    float scale[4];
    for (std::size_t r = 0; r < 4; ++r) {
      const float span = high[r] + minus_low[r];
      inverse_[r] = span > 0 ? 255.0F / span : 0.0F;
      zero_[r] = __builtin_nearbyintf(minus_low[r] * inverse_[r]);
      scale[r] = span / 255.0F;
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      q_->scale[first_ + r] = scale[r];
      q_->offset[first_ + r] = -zero_[r] * scale[r];
    }
  }

  /// The second pass.
  [[gnu::always_inline]] void write_u8() const {
    constexpr std::size_t kWidth = Vec::kWidth;
    const Source from(*q_, first_);
    std::uint8_t* to[kRows];
    Reg inverse[kRows];
    Reg zero[kRows];
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) {
      to[r] = out<std::uint8_t>(r);
      inverse[r] = Vec::set(inverse_[r]);
      zero[r] = Vec::set(zero_[r]);
    }
    std::size_t i = 0;
    for (; i + 4 * kWidth <= from.n; i += 4 * kWidth) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        const auto at = [&](std::size_t v) {
          return Vec::fma(from.value(r, i + v * kWidth), inverse[r], zero[r]);
        };
        Vec::store_u8(to[r] + i, at(0), at(1), at(2), at(3));
      }
    }
    for (; i < from.n; i += kWidth) {
      for (std::size_t r = 0; r < kRows; ++r)
        Vec::store_u8(to[r] + i, Vec::fma(from.rest(r, i), inverse[r], zero[r]));
    }
  }

  void write_u16() const {
    const Source from(*q_, first_);
    for (std::size_t r = 0; r < kRows; ++r) {
      const Reg inverse = Vec::set(inverse_[r]);
      const Reg zero = Vec::set(zero_[r]);
      for (std::size_t i = 0; i < from.n; i += Vec::kWidth)
        Vec::store_u16(out<std::uint16_t>(r) + i, Vec::fma(from.rest(r, i), inverse, zero));
    }
  }

 private:
  /// What is quantized: x, or x times the factors of its columns.
  struct Source {
    Source(const QuantizeRows& q, std::size_t first) : n(q.n), factor(q.factor) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) x[r] = q.x + (first + r) * q.stride;
    }

    template <class... Lanes>
    [[gnu::always_inline]] Reg value(std::size_t r, std::size_t i, Lanes... lanes) const {
      const Reg value = Vec::load(x[r] + i, lanes...);
      return kScaled ? Vec::mul(value, Vec::load(factor + i, lanes...)) : value;
    }
    /// Lanes past n are 0.
    [[gnu::always_inline]] Reg rest(std::size_t r, std::size_t i) const {
      return n - i < Vec::kWidth ? value(r, i, n - i) : value(r, i);
    }

    std::size_t n;
    const float* x[kRows];
    const float* factor;
  };

  template <class T>
  [[nodiscard]] T* out(std::size_t r) const {
    return reinterpret_cast<T*>(static_cast<char*>(q_->out) + (first_ + r) * q_->out_stride);
  }

  const QuantizeRows* q_ = nullptr;
  std::size_t first_ = 0;
  float inverse_[4];  // of the scale
  float zero_[4];
};

template <class Vec>
struct RowQuantize {
  template <bool kScaled, std::size_t kRows>
  [[gnu::noinline]] static void u8_together(const QuantizeRows& q, std::size_t first) {
    IntegerRows<Vec, kScaled, kRows> rows;
    rows.begin(q, first);
    rows.find_ranges();
    rows.write_u8();
  }

  template <bool kScaled>
  static void u8_rows(const QuantizeRows& q) {
    std::size_t row = 0;
    for (; row + 4 <= q.rows; row += 4) u8_together<kScaled, 4>(q, row);
    for (; row < q.rows; ++row) u8_together<kScaled, 1>(q, row);
  }

  template <bool kScaled>
  static void u16_rows(const QuantizeRows& q) {
    for (std::size_t row = 0; row < q.rows; ++row) {
      IntegerRows<Vec, kScaled, 1> rows;
      rows.begin(q, row);
      rows.find_ranges();
      rows.write_u16();
    }
  }

  static void u8(const QuantizeRows& q) noexcept {
    return q.factor == nullptr ? u8_rows<false>(q) : u8_rows<true>(q);
  }

  static void u16(const QuantizeRows& q) noexcept {
    return q.factor == nullptr ? u16_rows<false>(q) : u16_rows<true>(q);
  }

  static void bf16(const QuantizeRows& q) noexcept {
    constexpr std::size_t kWidth = Vec::kWidth;
    for (std::size_t r = 0; r < q.rows; ++r) {
      const float* x = q.x + r * q.stride;
      auto* to = reinterpret_cast<std::uint16_t*>(static_cast<char*>(q.out) + r * q.out_stride);
      std::size_t i = 0;
      for (; i + kWidth <= q.n; i += kWidth) Vec::store_bf16(to + i, Vec::load(x + i));
      if (i < q.n) {
        Vec::store_bf16(to + i, Vec::load(x + i, q.n - i));
        i += kWidth;
      }
      for (; i % 32 != 0; i += kWidth) Vec::store_bf16(to + i, Vec::zero());
    }
  }
};

}  // namespace
}  // namespace martlet
