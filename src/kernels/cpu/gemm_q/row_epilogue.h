// From a block of sums to finished rows of C: scale, bias, activation, residual.
#pragma once

#include <cstdint>

#include "kernels/cpu/gemm_q/gemm_q.h"
#include "kernels/cpu/vec/math.h"

namespace martlet {
namespace {

/// `Sum` is std::int32_t for int8 operands, float for bf16. Sums lie in a buffer of full vectors.
template <class Vec, class Sum>
struct RowEpilogue {
  using Reg = typename Vec::Reg;

  /// A vector's columns [column, column + lanes) of one row.
  [[gnu::always_inline]] static Reg value(
      const GemmQ& g, const Sum* sums, std::size_t row, std::size_t column, std::size_t lanes
  ) {
    if constexpr (sizeof(Sum) == sizeof(float) && Sum(0.5F) != Sum(0)) {
      const Reg sum = Vec::load(sums);
      return g.bias == nullptr ? sum : Vec::add(sum, Vec::load(g.bias + column, lanes));
    } else {
      const Reg sum = Vec::mul(Vec::from_int(sums), Vec::load(g.scale + column, lanes));
      const Reg offset = Vec::set(-g.a_scale[row] * g.a_zero[row]);
      const Reg bias = g.bias == nullptr ? Vec::zero() : Vec::load(g.bias + column, lanes);
      return Vec::fma(
          Vec::set(g.a_scale[row]), sum,
          Vec::fma(offset, Vec::load(g.scaled_sums + column, lanes), bias)
      );
    }
  }

  /// Rows [row, row + rows) at columns [column, column + columns); row r's sums begin at sums + r *
  /// stride.
  template <Activation kActivation>
  static void finish(
      const GemmQ& g, const Sum* sums, std::size_t stride, std::size_t row, std::size_t rows,
      std::size_t column, std::size_t columns
  ) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t i = 0; i < columns; i += Vec::kWidth) {
        const std::size_t lanes = columns - i < Vec::kWidth ? columns - i : Vec::kWidth;
        Reg x = value(g, sums + r * stride + i, row + r, column + i, lanes);
        x = VecMath<Vec>::template activate_low<kActivation>(x);
        if (g.residual != nullptr)
          x = Vec::add(x, Vec::load(g.residual + (row + r) * g.ldr + column + i, lanes));
        Vec::store(g.c + (row + r) * g.ldc + column + i, x, lanes);
      }
    }
  }

  static void run(
      const GemmQ& g, const Sum* sums, std::size_t stride, std::size_t row, std::size_t rows,
      std::size_t column, std::size_t columns
  ) {
    switch (g.activation) {
      case Activation::kNone:
        return finish<Activation::kNone>(g, sums, stride, row, rows, column, columns);
      case Activation::kGelu:
        return finish<Activation::kGelu>(g, sums, stride, row, rows, column, columns);
      case Activation::kGeluTanh:
        return finish<Activation::kGeluTanh>(g, sums, stride, row, rows, column, columns);
      case Activation::kRelu:
        return finish<Activation::kRelu>(g, sums, stride, row, rows, column, columns);
      case Activation::kTanh:
        return finish<Activation::kTanh>(g, sums, stride, row, rows, column, columns);
    }
  }
};

}  // namespace
}  // namespace martlet
