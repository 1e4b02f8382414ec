// The register tile that GEMM and attention share: a kRows x kVecs block of C += A B held in
// registers.
//
// Per step of k: kVecs loads of a row of B, and kRows broadcasts from A with kVecs multiply-adds
// each. Every element sums over k in order, one fused multiply-add a step, whatever kRows is: this
// is what makes a row's result independent of its neighbours.
#pragma once

#include <cstddef>
#include <type_traits>

namespace martlet {
namespace {

/// Memory to fetch into L2 while a tile computes, at most three cache lines for every step.
struct Prefetch {
  const char* address = nullptr;
  std::size_t bytes_per_step = 0;

  [[gnu::always_inline]] void step() {
    __builtin_prefetch(address, 0, 2);
    if (bytes_per_step > 64) __builtin_prefetch(address + 64, 0, 2);
    if (bytes_per_step > 128) __builtin_prefetch(address + 128, 0, 2);
    address += bytes_per_step;
  }
};

template <class Vec, std::size_t kRows, std::size_t kVecs>
struct Tile {
  typename Vec::Reg sum[kRows][kVecs];

  [[gnu::always_inline]] void clear() {
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) sum[r][v] = Vec::zero();
    }
  }

  /// sum[r][v] += a[r * lda + i] * b[i * ldb + v * width] over i < k. Reads kVecs * width floats of
  /// each row of b. `prefetch` names what to fetch into L2 meanwhile: weights that a later tile
  /// will need.
  [[gnu::always_inline]] void multiply(
      const float* a, std::size_t lda, const float* b, std::size_t ldb, std::size_t k,
      Prefetch prefetch = {}
  ) {
    for (std::size_t i = 0; i < k; ++i, b += ldb) {
      typename Vec::Reg column[kVecs];
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) column[v] = Vec::load(b + v * Vec::kWidth);
      if (prefetch.address != nullptr) prefetch.step();
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        const typename Vec::Reg value = Vec::set(a[r * lda + i]);
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) sum[r][v] = Vec::fma(value, column[v], sum[r][v]);
      }
    }
  }
};

/// Calls f with std::integral_constant<rows> for 1 <= rows <= kMax: a loop over rows whose
/// remainder is exact.
template <std::size_t kMax, class F>
[[gnu::always_inline]] inline void with_rows(std::size_t rows, F&& f) {
  if constexpr (kMax > 1) {
    if (rows < kMax) return with_rows<kMax - 1>(rows, f);
  }
  f(std::integral_constant<std::size_t, kMax>{});
}

/// How many rows the next tile takes when `rows` are left: full tiles, and the last two balanced (9
/// -> 5 + 4).
[[gnu::always_inline]] inline std::size_t next_rows(std::size_t rows, std::size_t tile_rows) {
  if (rows >= 2 * tile_rows) return tile_rows;
  return rows <= tile_rows ? rows : (rows + 1) / 2;
}

}  // namespace
}  // namespace martlet
