// As avx2.cc, on 512-bit registers: for processors with AVX-512 but without VNNI.
#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/gemm_q/dot_panels.h"

namespace martlet {
namespace {

struct Dot {
  using Vec = Vec512;
  using Acc = __m512i;
  using Weights = __m512i;
  using Operand = std::uint16_t;
  using Sum = std::int32_t;
  // 6 x 4 accumulators, 4 weights and a broadcast: 29 of 32 registers.
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kVecs = 4;
  static constexpr std::size_t kGroup = 2;
  static constexpr std::size_t kStep = 2;

  static Acc zero() { return _mm512_setzero_si512(); }
  static Weights load(const char* p) { return _mm512_loadu_si512(p); }
  static __m512i broadcast(const char* p) {
    std::int32_t two;
    __builtin_memcpy(&two, p, sizeof(two));
    return _mm512_set1_epi32(two);
  }
  static Acc dot(Acc sum, __m512i a, Weights b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
  static void store(std::int32_t* p, Acc sum) { _mm512_store_si512(p, sum); }
};

}  // namespace

const GemmQKernels kGemmS8Avx512{OperandType::kU16, 2,          DotGemm<Dot>::kPanelWidth,
                                 Dot::kGroup,       Dot::kStep, &DotGemm<Dot>::run};

}  // namespace martlet
