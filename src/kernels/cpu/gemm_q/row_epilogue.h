// From sums to finished elements of C: scale, bias, residual, activation, a row at a time.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cpu/gemm_q/gemm_q.h"
#include "kernels/cpu/vec/math.h"

namespace martlet {
namespace {

/// `Sum` is std::int32_t for int8 operands, float for bf16. Sums lie in a buffer of full vectors.
template <class Vec, class Sum, Activation kActivation>
struct RowEpilogue {
  using Reg = typename Vec::Reg;
  static constexpr bool kInteger = std::is_same_v<Sum, std::int32_t>;
  /// Vectors of a row that are finished together: their columns' factors stay in registers from row
  /// to row. An activation needs registers of its own.
  static constexpr std::size_t kTogether = kActivation == Activation::kNone ? 4 : 2;

  /// Columns [column, column + columns) of the rows [begin, end); the first row's sums begin at
  /// `sums`, `stride` apart from the next row's.
  [[gnu::always_inline]] static void rows(
      const GemmQ& g, const Sum* sums, std::size_t stride, std::size_t begin, std::size_t end,
      std::size_t column, std::size_t columns
  ) {
    for (std::size_t i = 0; i < columns;) {
      const std::size_t left = columns - i;
      const std::size_t band = g.columns_from(column + i);
      const std::size_t here = left < band ? left : band;
      if (g.residual == nullptr) {
        finish<false>(g, sums + i, stride, begin, end, column + i, here);
      } else {
        finish<true>(g, sums + i, stride, begin, end, column + i, here);
      }
      i += here;
    }
  }

 private:
  template <bool kResidual>
  [[gnu::always_inline]] static void finish(
      const GemmQ& g, const Sum* sums, std::size_t stride, std::size_t begin, std::size_t end,
      std::size_t column, std::size_t columns
  ) {
    constexpr std::size_t kWide = kTogether * Vec::kWidth;
    constexpr std::size_t kPair = 2 * Vec::kWidth;
    std::size_t i = 0;
    for (; i + kWide <= columns; i += kWide)
      finish_columns<kResidual, kTogether>(g, sums + i, stride, begin, end, column + i);
    for (; i + kPair <= columns; i += kPair)
      finish_columns<kResidual, 2>(g, sums + i, stride, begin, end, column + i);
    for (; i + Vec::kWidth <= columns; i += Vec::kWidth)
      finish_columns<kResidual, 1>(g, sums + i, stride, begin, end, column + i);
    if (i < columns)
      finish_columns<kResidual, 1>(g, sums + i, stride, begin, end, column + i, columns - i);
  }

  /// `lanes`: how many of the vector there are; nothing where all are.
  template <bool kResidual, std::size_t kVecs, class... Lanes>
  [[gnu::always_inline]] static void finish_columns(
      const GemmQ& g, const Sum* sums, std::size_t stride, std::size_t begin, std::size_t end,
      std::size_t column, Lanes... lanes
  ) {
    Reg bias[kVecs];
    Reg scale[kVecs];
    Reg scaled_sums[kVecs];
#pragma unroll
    for (std::size_t v = 0; v < kVecs; ++v) {
      bias[v] = Vec::load(g.bias + column + v * Vec::kWidth, lanes...);
      if constexpr (!kInteger) continue;
      scale[v] = Vec::load(g.scale + column + v * Vec::kWidth, lanes...);
      scaled_sums[v] = Vec::load(g.scaled_sums + column + v * Vec::kWidth, lanes...);
    }
    // Vector stores may alias anything: what the loop read from g would be read again every time.
    const std::size_t ldc = g.ldc;
    const std::size_t ldr = g.ldr;
    const float* a_scale = g.a_scale;
    const float* a_offset = g.a_offset;
    float* c = g.column(column) + begin * ldc;
    const float* residual = kResidual ? g.residual + begin * ldr + column : nullptr;
    for (std::size_t row = begin; row < end; ++row, sums += stride, c += ldc) {
      Reg factor;
      Reg offset;
      if constexpr (kInteger) {
        factor = Vec::set(a_scale[row]);
        offset = Vec::set(a_offset[row]);
      }
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) {
        const std::size_t i = v * Vec::kWidth;
        Reg x;
        if constexpr (kInteger) {
          x = Vec::fma(offset, scaled_sums[v], bias[v]);
          x = Vec::fma(factor, Vec::mul(Vec::from_int(sums + i), scale[v]), x);
        } else {
          x = Vec::add(Vec::load(sums + i), bias[v]);
        }
        if constexpr (kResidual) x = Vec::add(x, Vec::load(residual + i, lanes...));
        x = VecMath<Vec>::template activate_low<kActivation>(x);
        Vec::store(c + i, x, lanes...);
      }
      if constexpr (kResidual) residual += ldr;
    }
  }
};

/// Calls f with std::integral_constant<Activation>.
template <class F>
[[gnu::always_inline]] inline void with_activation(Activation activation, F&& f) {
  switch (activation) {
    case Activation::kNone:
      return f(std::integral_constant<Activation, Activation::kNone>{});
    case Activation::kGelu:
      return f(std::integral_constant<Activation, Activation::kGelu>{});
    case Activation::kGeluTanh:
      return f(std::integral_constant<Activation, Activation::kGeluTanh>{});
    case Activation::kRelu:
      return f(std::integral_constant<Activation, Activation::kRelu>{});
    case Activation::kTanh:
      return f(std::integral_constant<Activation, Activation::kTanh>{});
  }
}

}  // namespace
}  // namespace martlet
