// u8 x s8 and bf16 x bf16 on AMX tiles: 16 rows of 64 bytes of A times 64 bytes (of k) by 16
// columns of B.
//
// 17 rows and more: 2 x 2 tiles of sums (tiles 0-3), two of A (4, 5), two of B (6, 7), over 32
// columns at a time. Up to 16 rows: 1 x 4 tiles of sums, one of A (4), B in turn through 5, 6, 7.
// Tiles always have 16 rows: those past m read what lies in the workspace and are dropped, which
// costs less than configuring again. Up to 8 rows of int8 go to the avx512_vnni kernel, which gives
// the same integers from the same packed weights.
#include <immintrin.h>

#include "kernels/cpu/gemm_q/row_epilogue.h"
#include "kernels/cpu/vec/avx512.h"

namespace martlet {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kPanelWidth = 64;
constexpr std::size_t kTileBytes = 64;    // of a row of A, and of a row of one tile of B
constexpr std::size_t kStepBytes = 4096;  // of a panel per tile of k
constexpr std::size_t kVnniRows = 8;

struct S8 {
  using Sum = std::int32_t;
  static constexpr std::size_t kStep = 64;  // of k in a tile
  template <int kSum, int kA, int kB>
  [[gnu::always_inline]] static void multiply() {
    _tile_dpbusd(kSum, kA, kB);
  }
};

struct Bf16 {
  using Sum = float;
  static constexpr std::size_t kStep = 32;
  template <int kSum, int kA, int kB>
  [[gnu::always_inline]] static void multiply() {
    _tile_dpbf16ps(kSum, kA, kB);
  }
};

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// What a block of rows fetches into L2 of the next panel while it computes.
struct Ahead {
  const char* address = nullptr;
  std::size_t lines_per_step = 0;

  [[gnu::always_inline]] void step() {
    for (std::size_t line = 0; line < lines_per_step; ++line, address += 64)
      __builtin_prefetch(address, 0, 2);
  }
};

template <class Op>
struct AmxGemm {
  using Sum = typename Op::Sum;

  /// 32 rows by 32 columns.
  [[gnu::always_inline]] static void square(
      const char* a, std::size_t lda, const char* b, std::size_t steps, Sum* sums, Ahead& ahead
  ) {
    const char* a_below = a + kTileRows * lda;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (std::size_t i = 0; i < steps; ++i, b += kStepBytes) {
      _tile_loadd(6, b, kPanelWidth * 4);
      _tile_loadd(4, a + i * kTileBytes, lda);
      Op::template multiply<0, 4, 6>();
      _tile_loadd(7, b + kTileBytes, kPanelWidth * 4);
      Op::template multiply<1, 4, 7>();
      _tile_loadd(5, a_below + i * kTileBytes, lda);
      Op::template multiply<2, 5, 6>();
      Op::template multiply<3, 5, 7>();
      ahead.step();
    }
    _tile_stored(0, sums, kPanelWidth * 4);
    _tile_stored(1, sums + 16, kPanelWidth * 4);
    _tile_stored(2, sums + kTileRows * kPanelWidth, kPanelWidth * 4);
    _tile_stored(3, sums + kTileRows * kPanelWidth + 16, kPanelWidth * 4);
  }

  /// 16 rows by 64 columns.
  [[gnu::always_inline]] static void strip(
      const char* a, std::size_t lda, const char* b, std::size_t steps, Sum* sums, Ahead& ahead
  ) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (std::size_t i = 0; i < steps; ++i, b += kStepBytes) {
      _tile_loadd(4, a + i * kTileBytes, lda);
      _tile_loadd(5, b, kPanelWidth * 4);
      Op::template multiply<0, 4, 5>();
      _tile_loadd(6, b + kTileBytes, kPanelWidth * 4);
      Op::template multiply<1, 4, 6>();
      _tile_loadd(7, b + 2 * kTileBytes, kPanelWidth * 4);
      Op::template multiply<2, 4, 7>();
      _tile_loadd(5, b + 3 * kTileBytes, kPanelWidth * 4);
      Op::template multiply<3, 4, 5>();
      ahead.step();
    }
    _tile_stored(0, sums, kPanelWidth * 4);
    _tile_stored(1, sums + 16, kPanelWidth * 4);
    _tile_stored(2, sums + 32, kPanelWidth * 4);
    _tile_stored(3, sums + 48, kPanelWidth * 4);
  }

  static void run(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
    if (g.m == 0) return;
    const TileConfig config;
    _tile_loadconfig(&config);
    alignas(64) Sum sums[2 * kTileRows * kPanelWidth];
    const std::size_t steps = round_up(g.k, Op::kStep) / Op::kStep;
    const std::size_t panel_bytes = steps * kStepBytes;
    const std::size_t blocks = (g.m + 2 * kTileRows - 1) / (2 * kTileRows);
    for (std::size_t panel = panel_begin; panel < panel_end; ++panel) {
      const char* b = static_cast<const char*>(g.packed) + panel * panel_bytes;
      const std::size_t column = panel * kPanelWidth;
      const std::size_t columns = g.n - column < kPanelWidth ? g.n - column : kPanelWidth;
      for (std::size_t row = 0; row < g.m; row += 2 * kTileRows) {
        const std::size_t rows = g.m - row < 2 * kTileRows ? g.m - row : 2 * kTileRows;
        const char* a = static_cast<const char*>(g.a) + row * g.lda;
        Ahead ahead = share(
            panel + 1 < panel_end ? b + panel_bytes : nullptr, row, rows, blocks, panel_bytes, steps
        );
        if (rows > kTileRows) {
          square(a, g.lda, b, steps, sums, ahead);
          square(a, g.lda, b + 2 * kTileBytes, steps, sums + 32, ahead);
        } else {
          strip(a, g.lda, b, steps, sums, ahead);
        }
        RowEpilogue<Vec512, Sum>::run(g, sums, kPanelWidth, row, rows, column, columns);
      }
    }
    _tile_release();
  }

  /// An equal part of the next panel for each of up to four blocks of rows.
  static Ahead share(
      const char* next, std::size_t row, std::size_t rows, std::size_t blocks,
      std::size_t panel_bytes, std::size_t steps
  ) {
    const std::size_t shares = blocks < 4 ? blocks : 4;
    const std::size_t index = row / (2 * kTileRows);
    if (next == nullptr || index >= shares) return {};
    const std::size_t part = panel_bytes / shares;
    const std::size_t calls = rows > kTileRows ? 2 * steps : steps;
    return {next + index * part, part / 64 / calls};
  }
};

void s8(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
  if (g.m <= kVnniRows) return kGemmS8Avx512Vnni.run(g, panel_begin, panel_end);
  AmxGemm<S8>::run(g, panel_begin, panel_end);
}

}  // namespace

const GemmQKernels kGemmS8Amx{OperandType::kU8, 1, kPanelWidth, 4, S8::kStep, &s8};
const GemmQKernels kGemmBf16Amx{OperandType::kBf16, 2, kPanelWidth, 2, Bf16::kStep,
                                &AmxGemm<Bf16>::run};

}  // namespace martlet
