// bf16 x bf16 with vdpbf16ps: two products a lane, added in fp32.
#include "kernels/cpu/gemm_q/dot_panels.h"
#include "kernels/cpu/vec/avx512.h"

namespace martlet {
namespace {

struct Dot {
  using Vec = Vec512;
  using Acc = __m512;
  using Weights = __m512bh;
  using Operand = std::uint16_t;
  using Sum = float;
  // 6 x 4 accumulators, 4 weights and a broadcast: 29 of 32 registers.
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kVecs = 4;
  static constexpr std::size_t kGroup = 2;
  static constexpr std::size_t kStep = 32;  // what a tile of the amx level takes

  static Acc zero() { return _mm512_setzero_ps(); }
  static Weights load(const char* p) { return (__m512bh)_mm512_loadu_si512(p); }
  static __m512bh broadcast(const char* p) {
    std::int32_t two;
    __builtin_memcpy(&two, p, sizeof(two));
    return (__m512bh)_mm512_set1_epi32(two);
  }
  static Acc dot(Acc sum, __m512bh a, Weights b) { return _mm512_dpbf16_ps(sum, a, b); }
  static void store(float* p, Acc sum) { _mm512_store_ps(p, sum); }
};

}  // namespace

const GemmQKernels kGemmBf16Avx512Bf16{OperandType::kBf16, 2,          DotGemm<Dot>::kPanelWidth,
                                       Dot::kGroup,        Dot::kStep, &DotGemm<Dot>::run};

}  // namespace martlet
