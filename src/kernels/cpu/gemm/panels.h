// GEMM over packed panels for any vec/ type.
//
// Loop order: blocks of rows that fit L2, then panels, then slices of k whose part of the panel
// fits L1, then register tiles of up to kTileRows x kTileVecs vectors. Between slices the sums rest
// in C, which changes no bit of them. The last tile of a panel fetches the next panel into L2, so
// that weights stream while the cores compute.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/cpu/gemm/gemm.h"
#include "kernels/cpu/vec/math.h"
#include "kernels/cpu/vec/tile.h"

namespace martlet {
namespace {

template <class Vec>
struct PanelGemm {
  using Reg = typename Vec::Reg;
  static constexpr std::size_t kVecs = Vec::kTileVecs;
  static constexpr std::size_t kPanelWidth = kVecs * Vec::kWidth;
  static constexpr std::size_t kRowBlock = 240;
  static constexpr std::size_t kDepth = 768;  // k steps: with kRowBlock rows of A 0.7 MB
  static constexpr std::size_t kSlice = 9216 / kPanelWidth;  // k steps: 36 KB of a panel

  /// One slice of one panel: where it lies and whether it begins or ends the sums.
  struct Slice {
    std::size_t column;   // of C
    std::size_t columns;  // kPanelWidth, or less in the last panel
    const float* b;
    std::size_t k_begin;
    std::size_t k_count;
    bool first;
    bool last;
  };

  static std::size_t lanes(std::size_t columns, std::size_t v) {
    const std::size_t before = v * Vec::kWidth;
    return columns <= before ? 0 : std::min(Vec::kWidth, columns - before);
  }

  template <bool kFull>
  static Reg load(const float* p, std::size_t columns, std::size_t v) {
    if constexpr (kFull) return Vec::load(p + v * Vec::kWidth);
    return Vec::load(p + v * Vec::kWidth, lanes(columns, v));
  }

  template <bool kFull>
  static void store(float* p, std::size_t columns, std::size_t v, Reg value) {
    if constexpr (kFull) return Vec::store(p + v * Vec::kWidth, value);
    Vec::store(p + v * Vec::kWidth, value, lanes(columns, v));
  }

  /// Null if there is none.
  static const float* residual(const GemmF32& g, std::size_t row, std::size_t column) {
    return g.residual == nullptr ? nullptr : g.residual + row * g.ldr + column;
  }

  template <std::size_t kRows, bool kFull>
  static void tile(const GemmF32& g, const Slice& s, std::size_t row, Prefetch prefetch) {
    float* c = g.c + row * g.ldc + s.column;
    Tile<Vec, kRows, kVecs> tile;
    const float* begun = s.first ? residual(g, row, s.column) : c;
    if (begun == nullptr) {
      tile.clear();
    } else {
      const std::size_t stride = s.first ? g.ldr : g.ldc;
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v)
          tile.sum[r][v] = load<kFull>(begun + r * stride, s.columns, v);
      }
    }
    tile.multiply(g.a + row * g.lda + s.k_begin, g.lda, s.b, kPanelWidth, s.k_count, prefetch);
    if (s.last) finish<kRows, kFull>(g, s, tile);
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v)
        store<kFull>(c + r * g.ldc, s.columns, v, tile.sum[r][v]);
    }
  }

  template <std::size_t kRows, bool kFull>
  [[gnu::always_inline]] static void finish(
      const GemmF32& g, const Slice& s, Tile<Vec, kRows, kVecs>& tile
  ) {
    if (g.bias != nullptr) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) {
        const Reg bias = load<kFull>(g.bias + s.column, s.columns, v);
#pragma unroll
        for (std::size_t r = 0; r < kRows; ++r) tile.sum[r][v] = Vec::add(tile.sum[r][v], bias);
      }
    }
    if (g.activation != Activation::kNone) {
      // A copy: sums whose address escaped would live in memory through the multiply loop as well.
      Reg values[kRows * kVecs];
#pragma unroll
      for (std::size_t i = 0; i < kRows * kVecs; ++i) values[i] = tile.sum[i / kVecs][i % kVecs];
      activate(values, kRows * kVecs, g.activation);
#pragma unroll
      for (std::size_t i = 0; i < kRows * kVecs; ++i) tile.sum[i / kVecs][i % kVecs] = values[i];
    }
  }

  /// Out of line: the tile goes through memory once, and the polynomials do not crowd the multiply
  /// loop.
  [[gnu::noinline]] static void activate(Reg* values, std::size_t count, Activation activation) {
    for (std::size_t i = 0; i < count; ++i)
      values[i] = VecMath<Vec>::activate(values[i], activation);
  }

  /// What tile `index` of a slice fetches of the next panel: an equal share for each of the first
  /// three tiles, so that the memory system is asked at an even pace.
  static Prefetch share(
      const char* next, std::size_t index, std::size_t tiles, std::size_t k_count
  ) {
    const std::size_t shares = std::min<std::size_t>(tiles, 3);
    if (next == nullptr || index >= shares) return {};
    const std::size_t bytes_per_step = kPanelWidth * sizeof(float) / shares;
    return {next + index * k_count * bytes_per_step, bytes_per_step};
  }

  static void slice(
      const GemmF32& g, const Slice& s, std::size_t row_begin, std::size_t row_end,
      const char* next_panel
  ) {
    const std::size_t tiles = (row_end - row_begin + Vec::kTileRows - 1) / Vec::kTileRows;
    for (std::size_t row = row_begin, index = 0; row < row_end; ++index) {
      const std::size_t rows = next_rows(row_end - row, Vec::kTileRows);
      const Prefetch prefetch = share(next_panel, index, tiles, s.k_count);
      with_rows<Vec::kTileRows>(rows, [&](auto constant) {
        constexpr std::size_t kRows = decltype(constant)::value;
        if (s.columns == kPanelWidth) {
          tile<kRows, true>(g, s, row, prefetch);
        } else {
          tile<kRows, false>(g, s, row, prefetch);
        }
      });
      row += rows;
    }
  }

  /// One panel over k in [k_begin, k_end), slice by slice.
  static void panel(
      const GemmF32& g, std::size_t index, std::size_t k_begin, std::size_t k_end,
      std::size_t row_begin, std::size_t row_end, bool has_next
  ) {
    const float* packed = g.packed + index * kPanelWidth * g.k;
    for (std::size_t k = k_begin; k < k_end; k += kSlice) {
      const std::size_t k_count = std::min(kSlice, k_end - k);
      const Slice s{
          .column = index * kPanelWidth,
          .columns = std::min(kPanelWidth, g.n - index * kPanelWidth),
          .b = packed + k * kPanelWidth,
          .k_begin = k,
          .k_count = k_count,
          .first = k == 0,
          .last = k + k_count == g.k,
      };
      const float* next = packed + (g.k + k) * kPanelWidth;
      slice(g, s, row_begin, row_end, has_next ? reinterpret_cast<const char*>(next) : nullptr);
    }
  }

  static void run(const GemmF32& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
    for (std::size_t row = 0; row < g.m; row += kRowBlock) {
      const std::size_t row_end = std::min(g.m, row + kRowBlock);
      for (std::size_t k = 0; k < g.k; k += kDepth) {
        const std::size_t k_end = std::min(g.k, k + kDepth);
        for (std::size_t index = panel_begin; index < panel_end; ++index) {
          panel(g, index, k, k_end, row, row_end, index + 1 < panel_end);
        }
      }
    }
  }
};

}  // namespace
}  // namespace martlet
