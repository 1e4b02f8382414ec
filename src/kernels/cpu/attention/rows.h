// Attention for any vec/ type: K is transposed into scratch once, then blocks of queries go through
// scores = q K^T, softmax and scores V with the register tile of vec/tile.h, never leaving L1/L2.
//
// Scratch: [head_dim][padded keys] for K^T, [keys][padded head_dim] for V, [kTileRows][padded keys]
// for scores.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/vec/math.h"
#include "kernels/cpu/vec/tile.h"

namespace martlet {
namespace {

template <class Vec>
struct RowAttention {
  using Reg = typename Vec::Reg;
  static constexpr std::size_t kRows = Vec::kTileRows;
  static constexpr std::size_t kVecs = 2;
  static constexpr std::size_t kColumns = kVecs * Vec::kWidth;

  static std::size_t padded(std::size_t count) {
    return (count + kColumns - 1) / kColumns * kColumns;
  }

  static std::size_t scratch(std::size_t keys, std::size_t head_dim) noexcept {
    return (head_dim + kRows) * padded(keys) + keys * padded(head_dim);
  }

  static void transpose(const AttentionF32& t, float* k_columns, std::size_t stride) {
    for (std::size_t key = 0; key < t.keys; ++key) {
      const float* row = t.k + key * t.kv_stride;
      for (std::size_t i = 0; i < t.head_dim; ++i) k_columns[i * stride + key] = row[i];
    }
    for (std::size_t i = 0; i < t.head_dim; ++i) {
      std::fill(k_columns + i * stride + t.keys, k_columns + (i + 1) * stride, 0.0F);
    }
  }

  /// V is read in whole tiles of columns: where head_dim is not a multiple of them, from a padded
  /// copy.
  static void pad(const AttentionF32& t, float* v_rows, std::size_t stride) {
    for (std::size_t key = 0; key < t.keys; ++key) {
      const float* row = t.v + key * t.kv_stride;
      std::copy(row, row + t.head_dim, v_rows + key * stride);
      std::fill(v_rows + key * stride + t.head_dim, v_rows + (key + 1) * stride, 0.0F);
    }
  }

  /// Replaces a row of products by e^(scale * (x - max)) and returns the sum. Lanes past `keys`
  /// become 0.
  static float softmax(float* row, std::size_t keys, float scale) {
    const std::size_t whole = keys / Vec::kWidth * Vec::kWidth;
    const std::size_t rest = keys - whole;
    float largest = row[0];
    if (whole != 0) {
      Reg most = Vec::load(row);
      for (std::size_t i = Vec::kWidth; i < whole; i += Vec::kWidth)
        most = Vec::max(most, Vec::load(row + i));
      largest = Vec::largest(most);
    }
    for (std::size_t i = whole; i < keys; ++i) largest = std::max(largest, row[i]);
    const Reg factor = Vec::set(scale);
    const Reg offset = Vec::set(-largest * scale);
    Reg sum = Vec::zero();
    for (std::size_t i = 0; i < whole; i += Vec::kWidth) {
      const Reg e = VecMath<Vec>::exp(Vec::fma(Vec::load(row + i), factor, offset));
      Vec::store(row + i, e);
      sum = Vec::add(sum, e);
    }
    if (rest != 0) {
      Vec::store(
          row + whole, VecMath<Vec>::exp(Vec::fma(Vec::load(row + whole, rest), factor, offset)),
          rest
      );
      sum = Vec::add(sum, Vec::load(row + whole, rest));
    }
    return Vec::sum(sum);
  }

  /// A row of products to scores; `bias` is of the query and the first key.
  static void add_bias(float* row, const float* bias, std::size_t keys, float scale) {
    const Reg factor = Vec::set(scale);
    const std::size_t whole = keys / Vec::kWidth * Vec::kWidth;
    for (std::size_t i = 0; i < whole; i += Vec::kWidth)
      Vec::store(row + i, Vec::fma(Vec::load(row + i), factor, Vec::load(bias + i)));
    if (const std::size_t rest = keys - whole; rest != 0) {
      const Reg sum = Vec::fma(Vec::load(row + whole, rest), factor, Vec::load(bias + whole, rest));
      Vec::store(row + whole, sum, rest);
    }
  }

  template <std::size_t kCount>
  static void queries(
      const AttentionF32& t, std::size_t query, const float* k_columns, const float* v_rows,
      std::size_t v_stride, float* scores
  ) {
    const std::size_t stride = padded(t.keys);
    for (std::size_t key = 0; key < t.keys; key += kColumns) {
      Tile<Vec, kCount, kVecs> tile;
      tile.clear();
      tile.multiply(t.q + query * t.q_stride, t.q_stride, k_columns + key, stride, t.head_dim);
#pragma unroll
      for (std::size_t r = 0; r < kCount; ++r) {
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) {
          Vec::store(scores + r * stride + key + v * Vec::kWidth, tile.sum[r][v]);
        }
      }
    }
    float inverse[kCount];
    for (std::size_t r = 0; r < kCount; ++r) {
      float* row = scores + r * stride;
      if (t.bias != nullptr)
        add_bias(row, t.bias + std::ptrdiff_t(query + r) * t.bias_stride, t.keys, t.scale);
      inverse[r] = 1.0F / softmax(row, t.keys, t.bias == nullptr ? t.scale : 1.0F);
    }
    for (std::size_t column = 0; column < t.head_dim; column += kColumns) {
      Tile<Vec, kCount, kVecs> tile;
      tile.clear();
      tile.multiply(scores, stride, v_rows + column, v_stride, t.keys);
#pragma unroll
      for (std::size_t r = 0; r < kCount; ++r) {
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) {
          const std::size_t at = column + v * Vec::kWidth;
          if (at >= t.head_dim) continue;
          const Reg value = Vec::mul(tile.sum[r][v], Vec::set(inverse[r]));
          Vec::store(
              t.out + (query + r) * t.out_stride + at, value, std::min(Vec::kWidth, t.head_dim - at)
          );
        }
      }
    }
  }

  static void run(const AttentionF32& attention) noexcept { for_each_head(attention, run_head); }

  static void run_head(const AttentionF32& t) {
    const std::size_t stride = padded(t.keys);
    float* k_columns = t.scratch;
    float* scores = k_columns + t.head_dim * stride;
    float* v_copy = scores + kRows * stride;
    transpose(t, k_columns, stride);
    const float* v_rows = t.v;
    std::size_t v_stride = t.kv_stride;
    if (t.head_dim % kColumns != 0) {
      v_stride = padded(t.head_dim);
      pad(t, v_copy, v_stride);
      v_rows = v_copy;
    }
    for (std::size_t query = 0; query < t.queries;) {
      const std::size_t count = next_rows(t.queries - query, kRows);
      with_rows<kRows>(count, [&](auto constant) {
        queries<decltype(constant)::value>(t, query, k_columns, v_rows, v_stride, scores);
      });
      query += count;
    }
  }
};

}  // namespace
}  // namespace martlet
