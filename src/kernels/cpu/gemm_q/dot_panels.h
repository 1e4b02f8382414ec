// Low-precision GEMM over packed panels for any dot-product instruction.
//
// A `Dot` names the vector type, the operand types and one multiply-accumulate of a group of k:
// kGroup products summed into each 32-bit lane. Register tile of kTileRows x kVecs vectors; all of
// k in one pass, since a panel of int8 or bf16 weights is two to four times smaller than one of
// fp32. Sums leave the registers through a small buffer.
#pragma once

#include <type_traits>

#include "kernels/cpu/gemm_q/row_epilogue.h"
#include "kernels/cpu/vec/tile.h"

namespace martlet {
namespace {

template <class Dot>
struct DotGemm {
  using Vec = typename Dot::Vec;
  using Acc = typename Dot::Acc;
  using Operand = typename Dot::Operand;
  static constexpr std::size_t kVecs = Dot::kVecs;
  static constexpr std::size_t kPanelWidth = kVecs * Vec::kWidth;
  static constexpr std::size_t kStepBytes = kVecs * sizeof(Acc);  // of a panel per group of k

  /// The sums of kRows rows, `lda` bytes apart, and a panel. A function of its own: beside an
  /// activation's constants the accumulators would not stay in registers.
  template <std::size_t kRows>
  [[gnu::noinline]] static void multiply(
      const char* a, std::size_t lda, const char* panel, std::size_t groups, Prefetch prefetch,
      typename Dot::Sum* sums
  ) {
    Acc sum[kRows][kVecs];
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) sum[r][v] = Dot::zero();
    }
    for (std::size_t i = 0; i < groups; ++i, panel += kStepBytes, a += sizeof(std::int32_t)) {
      typename Dot::Weights weights[kVecs];
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) weights[v] = Dot::load(panel + v * sizeof(Acc));
      if (prefetch.address != nullptr) prefetch.step();
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        const auto value = Dot::broadcast(a + r * lda);
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) sum[r][v] = Dot::dot(sum[r][v], value, weights[v]);
      }
    }
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v)
        Dot::store(sums + r * kPanelWidth + v * Vec::kWidth, sum[r][v]);
    }
  }

  template <Activation kActivation>
  [[gnu::noinline]] static void finish(
      const GemmQ& g, const typename Dot::Sum* sums, std::size_t row, std::size_t rows,
      std::size_t column
  ) {
    const std::size_t columns = g.n - column < kPanelWidth ? g.n - column : kPanelWidth;
    RowEpilogue<Vec, typename Dot::Sum, kActivation>::rows(
        g, sums, kPanelWidth, row, row + rows, column, columns
    );
  }

  static Prefetch share(
      const char* next, std::size_t index, std::size_t tiles, std::size_t groups
  ) {
    const std::size_t shares = tiles < 3 ? tiles : 3;
    if (next == nullptr || index >= shares) return {};
    const std::size_t bytes_per_step = kStepBytes / shares;
    return {next + index * groups * bytes_per_step, bytes_per_step};
  }

  static void run(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
    with_activation(g.activation, [&](auto activation) {
      run_panels<activation.value>(g, panel_begin, panel_end);
    });
  }

  template <Activation kActivation>
  static void run_panels(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) {
    const std::size_t groups = round_up(g.k, Dot::kStep) / Dot::kGroup;
    const std::size_t panel_bytes = groups * kStepBytes;
    const std::size_t tiles = (g.m + Dot::kTileRows - 1) / Dot::kTileRows;
    alignas(64) typename Dot::Sum sums[Dot::kTileRows * kPanelWidth];
    for (std::size_t panel = panel_begin; panel < panel_end; ++panel) {
      const char* packed = static_cast<const char*>(g.packed) + panel * panel_bytes;
      const char* next = panel + 1 < panel_end ? packed + panel_bytes : nullptr;
      for (std::size_t row = 0, index = 0; row < g.m; ++index) {
        const std::size_t rows = next_rows(g.m - row, Dot::kTileRows);
        const Prefetch prefetch = share(next, index, tiles, groups);
        const char* a = static_cast<const char*>(g.a) + row * g.lda;
        with_rows<Dot::kTileRows>(rows, [&](auto constant) {
          multiply<constant.value>(a, g.lda, packed, groups, prefetch, sums);
        });
        finish<kActivation>(g, sums, row, rows, panel * kPanelWidth);
        row += rows;
      }
    }
  }
};

}  // namespace
}  // namespace martlet
