// u8 x s8 and bf16 x bf16 on AMX tiles: 16 rows of 64 bytes of A times 64 bytes (of k) by 16
// columns of B.
//
// Squares, of 32 rows: 2 x 2 tiles of sums (tiles 0-3), two of A (4, 5), two of B (6, 7): a panel
// of 32 columns. Strips, of the last rows where these are 16 or fewer: 1 x 4 tiles of sums over two
// panels, one of A (4), B in turn through 5, 6, 7. Tiles always have 16 rows: those past m read
// what lies in the workspace and are dropped, which costs less than configuring again. Up to 8 rows
// of int8 go to the avx512_vnni kernel, which gives the same integers from the same packed weights.
//
// Tile products, tile stores and vector arithmetic run on different ports. So the sums of a block
// are stored between the first products of the next block, and its rows are finished (scaled,
// activated, stored) between the products after them.
#include <immintrin.h>

#include "kernels/cpu/gemm_q/row_epilogue.h"
#include "kernels/cpu/vec/amx.h"
#include "kernels/cpu/vec/avx512.h"

namespace martlet {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kBlockRows = 2 * kTileRows;
constexpr std::size_t kPanelWidth = 32;
constexpr std::size_t kTileBytes = 64;              // of a row of A, and of a row of one tile of B
constexpr std::size_t kRowBytes = 128;              // of a row of a panel
constexpr std::size_t kStepBytes = 2048;            // of a panel per tile of k
constexpr std::size_t kSquareStride = kPanelWidth;  // of the sums of a square
constexpr std::size_t kStripStride = 2 * kPanelWidth;  // of the sums of a strip
constexpr std::size_t kVnniRows = 8;
constexpr std::size_t kLine = 64;
constexpr std::size_t kStripProducts = 4;  // of tiles, for a step of k of a strip
/// Bytes of A that L1 keeps from panel to panel, beside a panel and the rows of C. Of a longer A no
/// row is still there when its turn comes again: it is loaded so as not to displace the panel.
constexpr std::size_t kMostKept = 40960;
/// A panel of more steps is more than L1 keeps from block to block. It goes by kDepth steps for the
/// blocks of a group, whose sums rest in L1 meanwhile.
constexpr std::size_t kMostSteps = 12;
constexpr std::size_t kDepth = 8;
constexpr std::size_t kGroup = 4;

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
  std::size_t stride = 0;
  std::size_t at_once = 0;

  void skip(std::size_t times) { address += times * at_once * stride; }

  [[gnu::always_inline]] void step() {
    for (std::size_t i = 0; i < at_once; ++i, address += stride) __builtin_prefetch(address, 0, 2);
  }
};

/// What a step adds to: to nothing, to sums in memory, or to what the tiles hold.
enum class Begin { kZeros, kPartial, kTiles };

/// Steps of k.
struct Steps {
  std::size_t begin;
  std::size_t end;
};

/// Rows of sums, of C's rows [row, end) and of `columns` columns from `column` on.
struct Block {
  std::size_t row = 0;
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
    const std::size_t tail = g_.m % kBlockRows;
    const std::size_t square_rows = tail <= kTileRows ? g_.m - tail : g_.m;
    if (square_rows > 0) squares(panel_begin, square_rows);
    if (square_rows < g_.m) strips(panel_begin, square_rows);
  }

 private:
  using Sum = typename Op::Sum;

  [[nodiscard]] const char* a(std::size_t row) const {
    return static_cast<const char*>(g_.a) + row * g_.lda;
  }
  [[nodiscard]] const char* b(std::size_t panel) const {
    return static_cast<const char*>(g_.packed) + panel * steps_ * kStepBytes;
  }

  /// What one of `shares` blocks fetches of `panels` panels, in so many parts for each of its
  /// steps; nothing past the last. A block alone asks for one line of each pair: it has no time for
  /// more, and L2 fetches the other by itself.
  [[nodiscard]] Ahead ahead(
      std::size_t panel, std::size_t panels, std::size_t share, std::size_t shares,
      std::size_t parts
  ) const {
    if (panel >= panel_end_ || share >= shares) return {};
    const std::size_t count = panel_end_ - panel < panels ? panel_end_ - panel : panels;
    const std::size_t bytes = count * steps_ * kStepBytes / shares;
    const std::size_t stride = shares == 1 ? 2 * kLine : kLine;
    return {b(panel) + share * bytes, stride, bytes / stride / steps_ / parts};
  }

  [[nodiscard]] Block block(std::size_t row, std::size_t rows, std::size_t panel, std::size_t width)
      const {
    const std::size_t column = panel * kPanelWidth;
    return {
        row, g_.m - row < rows ? g_.m : row + rows, column,
        g_.n - column < width ? g_.n - column : width
    };
  }

  void squares(std::size_t panel_begin, std::size_t rows) {
    const std::size_t blocks = (rows + kBlockRows - 1) / kBlockRows;
    const std::size_t shares = blocks < 4 ? blocks : 4;  // of the next panel, to be fetched into L2
    const bool streams = rows * steps_ * kTileBytes > kMostKept;
    const std::size_t depth = blocks > 1 && steps_ > kMostSteps ? kDepth : steps_;
    for (std::size_t panel = panel_begin; panel < panel_end_; ++panel) {
      streams_a_ = streams && panel + 1 < panel_end_;  // A's place is written anew soon
      for (std::size_t first = 0; first < blocks; first += kGroup) {
        const std::size_t last = blocks - first < kGroup ? blocks : first + kGroup;
        for (std::size_t begin = 0; begin < steps_; begin += depth) {
          const Steps steps{begin, steps_ - begin < depth ? steps_ : begin + depth};
          for (std::size_t i = first; i < last; ++i) {
            ahead_ = ahead(panel + 1, 1, i, shares, 1);
            ahead_.skip(begin);
            const Block here = block(i * kBlockRows, kBlockRows, panel, kPanelWidth);
            square(panel, here, steps, partial_[i - first]);
          }
        }
      }
    }
    store_square<0>();
    store_square<1>();
    store_square<2>();
    store_square<3>();
    pend(in_tiles_, kSquareStride);
    finish(kBlockRows);
  }

  /// Some steps of 32 rows by 32 columns; leaves the sums in the tiles. `partial`: where they rest
  /// between one range of steps and the next.
  void square(std::size_t panel, const Block& block, const Steps& steps, Sum* partial) {
    const char* above = a(block.row) + steps.begin * kTileBytes;
    const char* weights = b(panel) + steps.begin * kStepBytes;
    const std::size_t lda = g_.lda;
    const std::size_t count = steps.end - steps.begin;
    const std::size_t rows_a_step =
        count == 1 ? kBlockRows : (kBlockRows + count - 2) / (count - 1);
    if (steps.begin == 0) {
      square_step<Begin::kZeros>(above, lda, weights);
    } else {
      square_step<Begin::kPartial>(above, lda, weights, partial);
    }
    pend(in_tiles_, kSquareStride);
    const bool done = steps.end == steps_;
    in_tiles_ = done ? block : Block{};
    to_ = done ? sums_ : partial;
    for (std::size_t i = 1; i < count; ++i) {
      above += kTileBytes;
      weights += kStepBytes;
      square_step<Begin::kTiles>(above, lda, weights);
      finish(rows_a_step);
    }
    finish(kBlockRows);
  }

  template <Begin kBegin>
  [[gnu::always_inline]] void square_step(
      const char* above, std::size_t lda, const char* weights, const Sum* partial = nullptr
  ) {
    const char* below = above + kTileRows * lda;
    _tile_loadd(6, weights, kRowBytes);
    load_a<4>(above, lda);
    renew<kBegin, 0>(partial);
    Op::template multiply<0, 4, 6>();
    _tile_loadd(7, weights + kTileBytes, kRowBytes);
    renew<kBegin, 1>(partial);
    Op::template multiply<1, 4, 7>();
    load_a<5>(below, lda);
    renew<kBegin, 2>(partial);
    Op::template multiply<2, 5, 6>();
    renew<kBegin, 3>(partial);
    Op::template multiply<3, 5, 7>();
    ahead_.step();
  }

  template <int kTile>
  [[gnu::always_inline]] void load_a(const char* rows, std::size_t lda) const {
    if (streams_a_) {
      _tile_stream_loadd(kTile, rows, lda);
    } else {
      _tile_loadd(kTile, rows, lda);
    }
  }

  /// Stores a tile of the block before and begins another.
  template <Begin kBegin, int kTile>
  [[gnu::always_inline]] void renew(const Sum* partial) {
    if constexpr (kBegin == Begin::kTiles) return;
    store_square<kTile>();
    if constexpr (kBegin == Begin::kZeros) _tile_zero(kTile);
    if constexpr (kBegin == Begin::kPartial)
      _tile_loadd(kTile, partial + in_square(kTile), kSquareStride * sizeof(Sum));
  }

  template <int kTile>
  [[gnu::always_inline]] void store_square() {
    _tile_stored(kTile, to_ + in_square(kTile), kSquareStride * sizeof(Sum));
  }

  static constexpr std::size_t in_square(std::size_t tile) {
    return tile / 2 * kTileRows * kSquareStride + tile % 2 * 16;
  }

  void strips(std::size_t panel_begin, std::size_t row) {
    for (std::size_t panel = panel_begin; panel < panel_end_; panel += 2) {
      ahead_ = ahead(panel + 2, 2, 0, 1, kStripProducts);
      const bool both = panel_end_ - panel > 1;
      both ? strip<true>(panel, row) : strip<false>(panel, row);
      pend(block(row, kTileRows, panel, both ? kStripStride : kPanelWidth), kStripStride);
    }
    finish(kTileRows);
  }

  /// 16 rows by 64 columns, or by 32: two panels or one.
  template <bool kBoth>
  void strip(std::size_t panel, std::size_t row) {
    const char* above = a(row);
    const char* weights = b(panel);
    const char* right = b(panel + 1);
    const std::size_t lda = g_.lda;
    const std::size_t rows_a_step = (kTileRows + steps_ - 1) / steps_;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (std::size_t i = 0; i < steps_; ++i, weights += kStepBytes, right += kStepBytes) {
      _tile_loadd(4, above + i * kTileBytes, lda);
      _tile_loadd(5, weights, kRowBytes);
      Op::template multiply<0, 4, 5>();
      ahead_.step();
      _tile_loadd(6, weights + kTileBytes, kRowBytes);
      Op::template multiply<1, 4, 6>();
      ahead_.step();
      if constexpr (kBoth) {
        _tile_loadd(7, right, kRowBytes);
        Op::template multiply<2, 4, 7>();
        ahead_.step();
        _tile_loadd(5, right + kTileBytes, kRowBytes);
        Op::template multiply<3, 4, 5>();
        ahead_.step();
      }
      finish(rows_a_step);
    }
    constexpr std::size_t kBytes = kStripStride * sizeof(Sum);
    _tile_stored(0, sums_, kBytes);
    _tile_stored(1, sums_ + 16, kBytes);
    if constexpr (!kBoth) return;
    _tile_stored(2, sums_ + 32, kBytes);
    _tile_stored(3, sums_ + 48, kBytes);
  }

  /// Lets the rows of a block wait whose sums have been stored. None may be waiting.
  void pend(const Block& block, std::size_t stride) {
    pending_ = block;
    waiting_ = sums_;
    stride_ = stride;
  }

  /// Finishes up to `rows` pending rows.
  [[gnu::always_inline]] void finish(std::size_t rows) {
    const Block p = pending_;
    const std::size_t end = p.end - p.row < rows ? p.end : p.row + rows;
    if (p.row == end) return;
    RowEpilogue<Vec512, Sum, kActivation>::rows(
        g_, waiting_, stride_, p.row, end, p.column, p.columns
    );
    waiting_ += (end - p.row) * stride_;
    pending_.row = end;
  }

  const GemmQ& g_;
  const std::size_t panel_end_;
  const std::size_t steps_;
  bool streams_a_ = false;
  Ahead ahead_;
  Block in_tiles_;                // whose sums tiles 0 to 3 hold, where they are complete
  Sum* to_ = sums_;               // where they will be stored
  Block pending_;                 // whose sums are stored, rows that are not finished
  const Sum* waiting_ = nullptr;  // sums of the first pending row
  std::size_t stride_ = kSquareStride;
  alignas(64) Sum sums_[kBlockRows * kPanelWidth];
  alignas(64) Sum partial_[kGroup][kBlockRows * kPanelWidth];
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
