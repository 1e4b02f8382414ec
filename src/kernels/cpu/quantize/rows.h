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

  struct Range {
    float low;
    float high;
  };

  /// Of a row and 0, so the tail needs no care.
  template <class Values>
  static Range range(const Values& row) {
    constexpr std::size_t kChains = 4;  // of dependent instructions, so that they overlap
    Reg least[kChains];
    Reg most[kChains];
    for (std::size_t c = 0; c < kChains; ++c) least[c] = most[c] = Vec::zero();
    std::size_t i = 0;
    for (; i + kChains * Vec::kWidth <= row.n; i += kChains * Vec::kWidth) {
#pragma unroll
      for (std::size_t c = 0; c < kChains; ++c) {
        const Reg value = row.whole(i + c * Vec::kWidth);
        least[c] = Vec::min(least[c], value);
        most[c] = Vec::max(most[c], value);
      }
    }
    for (; i < row.n; i += Vec::kWidth) {
      const Reg value = row.tail(i);
      least[0] = Vec::min(least[0], value);
      most[0] = Vec::max(most[0], value);
    }
    for (std::size_t c = 1; c < kChains; ++c) {
      least[0] = Vec::min(least[0], least[c]);
      most[0] = Vec::max(most[0], most[c]);
    }
    return {-Vec::largest(Vec::sub(Vec::zero(), least[0])), Vec::largest(most[0])};
  }

  struct Affine {
    Reg factor;
    Reg offset;
    [[gnu::always_inline]] Reg operator()(Reg value) const {
      return Vec::fma(value, factor, offset);
    }
  };

  /// Chooses the scale and zero point of row `index`.
  template <class Values>
  static Affine affine(const QuantizeRows& q, std::size_t index, const Values& row) {
    const Range r = range(row);
    const float inverse = r.high > r.low ? 255.0F / (r.high - r.low) : 0.0F;
    const float zero = __builtin_nearbyintf(-r.low * inverse);
    q.scale[index] = (r.high - r.low) / 255.0F;
    q.zero[index] = zero;
    return {Vec::set(inverse), Vec::set(zero)};
  }

  template <class T>
  static T* out(const QuantizeRows& q, std::size_t row) {
    return reinterpret_cast<T*>(static_cast<char*>(q.out) + row * q.out_stride);
  }

  template <bool kScaled>
  static void u8_rows(const QuantizeRows& q) {
    for (std::size_t r = 0; r < q.rows; ++r) {
      const Row<kScaled> row{q.x + r * q.stride, q.factor, q.n};
      auto* to = out<std::uint8_t>(q, r);
      const Affine quantized = affine(q, r, row);
      std::size_t i = 0;
      for (; i + 4 * Vec::kWidth <= q.n; i += 4 * Vec::kWidth) {
        const auto at = [&](std::size_t v) { return quantized(row.whole(i + v * Vec::kWidth)); };
        Vec::store_u8(to + i, at(0), at(1), at(2), at(3));
      }
      for (; i < q.n; i += Vec::kWidth) Vec::store_u8(to + i, quantized(row.tail(i)));
    }
  }

  template <bool kScaled>
  static void u16_rows(const QuantizeRows& q) {
    for (std::size_t r = 0; r < q.rows; ++r) {
      const Row<kScaled> row{q.x + r * q.stride, q.factor, q.n};
      auto* to = out<std::uint16_t>(q, r);
      const Affine quantized = affine(q, r, row);
      for (std::size_t i = 0; i < q.n; i += Vec::kWidth)
        Vec::store_u16(to + i, quantized(row.tail(i)));
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
