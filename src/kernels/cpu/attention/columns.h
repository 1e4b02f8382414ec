// Rows of floats to columns and back: element d of sixteen rows, or twice sixteen, lies in one
// vector or two. [rows][n] becomes [n][kVecs * 16].
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/vec/transpose.h"

namespace martlet {
namespace {

inline constexpr std::size_t kLanes = 16;

/// `count` rows of n floats, n a multiple of 16, to columns; `map` is applied to vectors on the
/// way. Lanes past `count` repeat the last row.
template <std::size_t kVecs, class Map>
[[gnu::always_inline]] inline void load_columns(
    const float* rows, std::size_t stride, std::size_t count, std::size_t n, float* columns,
    const Map& map
) {
  for (std::size_t d = 0; d < n; d += kLanes) {
    for (std::size_t v = 0; v < kVecs; ++v) {
      __m512i block[kLanes];
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i) {
        const std::size_t row = std::min(v * kLanes + i, count - 1);
        block[i] = _mm512_castps_si512(map(_mm512_loadu_ps(rows + row * stride + d)));
      }
      transpose(block);
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i)
        _mm512_store_si512(columns + (d + i) * kVecs * kLanes + v * kLanes, block[i]);
    }
  }
}

/// Columns to `count` rows of n floats.
template <std::size_t kVecs>
[[gnu::always_inline]] inline void store_columns(
    const float* columns, std::size_t n, std::size_t count, float* rows, std::size_t stride
) {
  for (std::size_t d = 0; d < n; d += kLanes) {
    for (std::size_t v = 0; v < kVecs; ++v) {
      __m512i block[kLanes];
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i)
        block[i] = _mm512_load_si512(columns + (d + i) * kVecs * kLanes + v * kLanes);
      transpose(block);
      float* row = rows + v * kLanes * stride + d;
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i) {
        if (v * kLanes + i < count) _mm512_storeu_si512(row + i * stride, block[i]);
      }
    }
  }
}

}  // namespace
}  // namespace martlet
