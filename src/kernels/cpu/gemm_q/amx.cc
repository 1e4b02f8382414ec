// u8 x s8 and bf16 x bf16 on AMX tiles: 16 rows of 64 bytes of A times 64 bytes (of k) by 16
// columns of B.
//
// 17 rows and more: 2 x 2 tiles of sums (tiles 0-3), two of A (4, 5), two of B (6, 7): a panel of
// 32 columns. Up to 16 rows: 1 x 4 tiles of sums over two panels, one of A (4), B in turn through
// 5, 6, 7. Tiles always have 16 rows: those past m read what lies in the workspace and are dropped,
// which costs less than configuring again. Up to 8 rows of int8 go to the avx512_vnni kernel, which
// gives the same integers from the same packed weights.
//
// Tile products and vector arithmetic run on different ports, so the rows of one block of sums are
// finished (scaled, activated, stored) between the tile products of the next block.
#include <immintrin.h>

#include "kernels/cpu/gemm_q/row_epilogue.h"
#include "kernels/cpu/vec/amx.h"
#include "kernels/cpu/vec/avx512.h"

namespace martlet {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kBlockRows = 2 * kTileRows;
constexpr std::size_t kPanelWidth = 32;
constexpr std::size_t kTileBytes = 64;               // of a row of A, and of a row of one tile of B
constexpr std::size_t kRowBytes = 128;               // of a row of a panel
constexpr std::size_t kStepBytes = 2048;             // of a panel per tile of k
constexpr std::size_t kSumStride = 2 * kPanelWidth;  // of a buffer of sums: two panels
constexpr std::size_t kSumBytes = 4 * kSumStride;
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

/// What a block of rows fetches into L2 of the next panel while it computes.
struct Ahead {
  const char* address = nullptr;
  std::size_t lines_per_step = 0;

  [[gnu::always_inline]] void step() {
    for (std::size_t line = 0; line < lines_per_step; ++line, address += 64)
      __builtin_prefetch(address, 0, 2);
  }
};

/// Rows of finished sums that wait to be scaled and stored.
template <class Sum>
struct Pending {
  const Sum* sums = nullptr;
  std::size_t row = 0;  // of C, of the first that waits
  std::size_t end = 0;
  std::size_t column = 0;
  std::size_t columns = 0;
};

template <class Op, Activation kActivation>
class AmxGemm {
 public:
  AmxGemm(const GemmQ& gemm, std::size_t panel_end)
      : g_(gemm), panel_end_(panel_end), steps_(round_up(gemm.k, Op::kStep) / Op::kStep) {}

  void run(std::size_t panel_begin) {
    for (std::size_t panel = panel_begin; panel < panel_end_; panel += 2) {
      const std::size_t panels = panel_end_ - panel < 2 ? 1 : 2;
      for (std::size_t row = 0; row < g_.m; row += kBlockRows) {
        const std::size_t rows = g_.m - row < kBlockRows ? g_.m - row : kBlockRows;
        fetch_ahead(panel + panels, row);
        Sum* sums = next_sums();
        if (rows <= kTileRows && panels == 2) {
          strip(panel, row, sums);
        } else {
          for (std::size_t i = 0; i < panels; ++i) square(panel + i, row, sums + i * kPanelWidth);
        }
        pend(sums, panel, panels, row, rows);
      }
    }
    finish(kBlockRows);
  }

 private:
  using Sum = typename Op::Sum;

  [[nodiscard]] const char* a(std::size_t row) const {
    return static_cast<const char*>(g_.a) + row * g_.lda;
  }
  [[nodiscard]] const char* b(std::size_t panel) const {
    return static_cast<const char*>(g_.packed) + panel * steps_ * kStepBytes;
  }

  /// Shares the panels that come next among up to four blocks of rows, to be fetched into L2.
  void fetch_ahead(std::size_t panel, std::size_t row) {
    const std::size_t blocks = (g_.m + kBlockRows - 1) / kBlockRows;
    const std::size_t shares = blocks < 4 ? blocks : 4;
    const std::size_t index = row / kBlockRows;
    ahead_ = {};
    if (panel >= panel_end_ || index >= shares) return;
    const std::size_t bytes = (panel_end_ - panel < 2 ? 1 : 2) * steps_ * kStepBytes / shares;
    const std::size_t calls = g_.m - row <= kTileRows ? steps_ : 2 * steps_;
    ahead_ = {b(panel) + index * bytes, bytes / 64 / calls};
  }

  /// 32 rows by 32 columns.
  void square(std::size_t panel, std::size_t row, Sum* sums) {
    const char* above = a(row);
    const char* below = a(row + kTileRows);
    const char* weights = b(panel);
    const std::size_t lda = g_.lda;
    const std::size_t steps = steps_;
    Ahead ahead = ahead_;
    const std::size_t rows_a_step = (kTileRows + steps - 1) / steps;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (std::size_t i = 0; i < steps; ++i, weights += kStepBytes) {
      _tile_loadd(6, weights, kRowBytes);
      _tile_loadd(4, above + i * kTileBytes, lda);
      Op::template multiply<0, 4, 6>();
      _tile_loadd(7, weights + kTileBytes, kRowBytes);
      Op::template multiply<1, 4, 7>();
      _tile_loadd(5, below + i * kTileBytes, lda);
      Op::template multiply<2, 5, 6>();
      Op::template multiply<3, 5, 7>();
      ahead.step();
      finish(rows_a_step);
    }
    ahead_ = ahead;
    _tile_stored(0, sums, kSumBytes);
    _tile_stored(1, sums + 16, kSumBytes);
    _tile_stored(2, sums + kTileRows * kSumStride, kSumBytes);
    _tile_stored(3, sums + kTileRows * kSumStride + 16, kSumBytes);
  }

  /// 16 rows by 64 columns: two panels.
  void strip(std::size_t panel, std::size_t row, Sum* sums) {
    const char* above = a(row);
    const char* weights = b(panel);
    const char* right = b(panel + 1);
    const std::size_t lda = g_.lda;
    const std::size_t steps = steps_;
    Ahead ahead = ahead_;
    const std::size_t rows_a_step = (kBlockRows + steps - 1) / steps;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (std::size_t i = 0; i < steps; ++i, weights += kStepBytes, right += kStepBytes) {
      _tile_loadd(4, above + i * kTileBytes, lda);
      _tile_loadd(5, weights, kRowBytes);
      Op::template multiply<0, 4, 5>();
      _tile_loadd(6, weights + kTileBytes, kRowBytes);
      Op::template multiply<1, 4, 6>();
      _tile_loadd(7, right, kRowBytes);
      Op::template multiply<2, 4, 7>();
      _tile_loadd(5, right + kTileBytes, kRowBytes);
      Op::template multiply<3, 4, 5>();
      ahead.step();
      finish(rows_a_step);
    }
    ahead_ = ahead;
    _tile_stored(0, sums, kSumBytes);
    _tile_stored(1, sums + 16, kSumBytes);
    _tile_stored(2, sums + 32, kSumBytes);
    _tile_stored(3, sums + 48, kSumBytes);
  }

  /// The buffer that holds no pending sums.
  Sum* next_sums() {
    buffer_ ^= 1;
    return sums_[buffer_];
  }

  /// Lets the sums of `panels` panels wait; those that waited are finished first.
  void pend(
      const Sum* sums, std::size_t panel, std::size_t panels, std::size_t row, std::size_t rows
  ) {
    finish(kBlockRows);
    const std::size_t column = panel * kPanelWidth;
    const std::size_t width = panels * kPanelWidth;
    const std::size_t columns = g_.n - column < width ? g_.n - column : width;
    pending_ = {sums, row, row + rows, column, columns};
  }

  /// Finishes up to `rows` pending rows.
  [[gnu::always_inline]] void finish(std::size_t rows) {
    const Pending<Sum> p = pending_;
    const std::size_t end = p.end - p.row < rows ? p.end : p.row + rows;
    if (p.row == end) return;
    RowEpilogue<Vec512, Sum, kActivation>::rows(
        g_, p.sums, kSumStride, p.row, end, p.column, p.columns
    );
    pending_.sums += (end - p.row) * kSumStride;
    pending_.row = end;
  }

  const GemmQ& g_;
  const std::size_t panel_end_;
  const std::size_t steps_;
  Ahead ahead_;
  Pending<Sum> pending_;
  std::size_t buffer_ = 0;
  alignas(64) Sum sums_[2][kBlockRows * kSumStride];
};

template <class Op>
void run(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
  if (g.m == 0) return;
  configure_tiles();
  with_activation(g.activation, [&](auto activation) {
    AmxGemm<Op, activation.value>(g, panel_end).run(panel_begin);
  });
  _tile_release();
}

void s8(const GemmQ& g, std::size_t panel_begin, std::size_t panel_end) noexcept {
  if (g.m <= kVnniRows) return kGemmS8Avx512Vnni.run(g, panel_begin, panel_end);
  run<S8>(g, panel_begin, panel_end);
}

}  // namespace

const GemmQKernels kGemmS8Amx{OperandType::kU8, 1, kPanelWidth, 4, S8::kStep, &s8};
const GemmQKernels kGemmBf16Amx{OperandType::kBf16, 2, kPanelWidth, 2, Bf16::kStep, &run<Bf16>};

}  // namespace martlet
