// u8 x s8 without VNNI. vpmaddubsw would saturate at 16 bits (255 * 127 * 2), so both sides are
// widened to 16 bits when they are packed, and vpmaddwd sums pairs in int32: the same integers as
// VNNI, twice the bytes.
#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/gemm_q/dot_panels.h"

namespace martlet {
namespace {

struct Dot {
  using Vec = Vec256;
  using Acc = __m256i;
  using Weights = __m256i;
  using Operand = std::uint16_t;
  using Sum = std::int32_t;
  // 6 x 2 accumulators, 2 weights and a broadcast: 15 of 16 registers.
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kVecs = 2;
  static constexpr std::size_t kGroup = 2;
  static constexpr std::size_t kStep = 2;

  static Acc zero() { return _mm256_setzero_si256(); }
  static Weights load(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static __m256i broadcast(const char* p) {
    std::int32_t two;
    __builtin_memcpy(&two, p, sizeof(two));
    return _mm256_set1_epi32(two);
  }
  static Acc dot(Acc sum, __m256i a, Weights b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  static void store(std::int32_t* p, Acc sum) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), sum);
  }
};

}  // namespace

const GemmQKernels kGemmS8Avx2{OperandType::kU16, 2,          DotGemm<Dot>::kPanelWidth,
                               Dot::kGroup,       Dot::kStep, &DotGemm<Dot>::run};

}  // namespace martlet
