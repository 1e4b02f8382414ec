// Four tiles of sums (0-3), one of A (4) and one of B (5): a product every 16 cycles, each sum
// waited for while the other three are computed.
#include <immintrin.h>

#include <cstdint>

#include "kernels/cpu/peak/peak.h"
#include "kernels/cpu/vec/amx.h"

namespace martlet {
namespace {

constexpr std::size_t kRows = 16;
constexpr std::size_t kRowBytes = 64;
constexpr std::size_t kColumns = 16;
constexpr std::size_t kSums = 4;

struct S8 {
  static constexpr std::size_t kDepth = 64;  // of k in a tile
  static constexpr std::uint16_t kValue = 0x0303;
  template <int kSum>
  [[gnu::always_inline]] static void multiply() {
    _tile_dpbusd(kSum, 4, 5);
  }
};

struct Bf16 {
  static constexpr std::size_t kDepth = 32;
  static constexpr std::uint16_t kValue = 0x3c00;  // 2^-7, so that no sum overflows
  template <int kSum>
  [[gnu::always_inline]] static void multiply() {
    _tile_dpbf16ps(kSum, 4, 5);
  }
};

template <class Op>
double run(std::size_t steps) noexcept {
  alignas(64) std::uint16_t values[kRows * kRowBytes / sizeof(std::uint16_t)];
  for (std::uint16_t& value : values) value = Op::kValue;
  configure_tiles();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, values, kRowBytes);
  _tile_loadd(5, values, kRowBytes);
  for (std::size_t step = 0; step < steps; ++step) {
    Op::template multiply<0>();
    Op::template multiply<1>();
    Op::template multiply<2>();
    Op::template multiply<3>();
  }
  _tile_release();
  return static_cast<double>(steps * kSums * kRows * kColumns * Op::kDepth);
}

}  // namespace

const PeakKernel kPeakS8Amx{&run<S8>};
const PeakKernel kPeakBf16Amx{&run<Bf16>};

}  // namespace martlet
