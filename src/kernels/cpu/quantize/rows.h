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

  /// Lanes past n read as 0 and 0 is in the range anyway, so the tail needs no care.
  template <class Store>
  static void row(const QuantizeRows& q, std::size_t index, const Store& store) {
    const float* x = q.x + index * q.stride;
    Reg least = Vec::zero();
    Reg most = Vec::zero();
    const std::size_t whole = q.n / Vec::kWidth * Vec::kWidth;
    const auto widen = [&](Reg value) {
      least = Vec::min(least, value);
      most = Vec::max(most, value);
    };
    for (std::size_t i = 0; i < whole; i += Vec::kWidth) widen(Vec::load(x + i));
    if (whole != q.n) widen(Vec::load(x + whole, q.n - whole));
    const float low = -Vec::largest(Vec::sub(Vec::zero(), least));
    const float high = Vec::largest(most);
    const float inverse = high > low ? 255.0F / (high - low) : 0.0F;
    const float zero = __builtin_nearbyintf(-low * inverse);
    const Reg factor = Vec::set(inverse);
    const Reg offset = Vec::set(zero);
    const auto quantized = [&](Reg value) { return Vec::fma(value, factor, offset); };
    for (std::size_t i = 0; i < whole; i += Vec::kWidth) store(i, quantized(Vec::load(x + i)));
    if (whole != q.n) store(whole, quantized(Vec::load(x + whole, q.n - whole)));
    q.scale[index] = (high - low) / 255.0F;
    q.zero[index] = zero;
  }

  template <class T>
  static T* out(const QuantizeRows& q, std::size_t index) {
    return reinterpret_cast<T*>(static_cast<char*>(q.out) + index * q.out_stride);
  }

  static void u8(const QuantizeRows& q) noexcept {
    for (std::size_t r = 0; r < q.rows; ++r) {
      row(q, r, [to = out<std::uint8_t>(q, r)](std::size_t i, Reg value) {
        Vec::store_u8(to + i, value);
      });
    }
  }

  static void u16(const QuantizeRows& q) noexcept {
    for (std::size_t r = 0; r < q.rows; ++r) {
      row(q, r, [to = out<std::uint16_t>(q, r)](std::size_t i, Reg value) {
        Vec::store_u16(to + i, value);
      });
    }
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
