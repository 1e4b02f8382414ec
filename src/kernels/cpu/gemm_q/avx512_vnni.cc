// u8 x s8 with vpdpbusd: four products a lane, added to int32 without saturation.
#include "kernels/cpu/gemm_q/dot_panels.h"
#include "kernels/cpu/vec/avx512.h"

namespace martlet {
namespace {

struct Dot {
  using Vec = Vec512;
  using Acc = __m512i;
  using Weights = __m512i;
  using Operand = std::uint8_t;
  using Sum = std::int32_t;
  // 12 x 2 accumulators, 2 weights and a broadcast: 27 of 32 registers. Panels are as wide as those
  // of the amx level, which leaves its few-row products to this kernel.
  static constexpr std::size_t kTileRows = 12;
  static constexpr std::size_t kVecs = 2;
  static constexpr std::size_t kGroup = 4;
  static constexpr std::size_t kStep = 64;  // what a tile of the amx level takes

  static Acc zero() { return _mm512_setzero_si512(); }
  static Weights load(const char* p) { return _mm512_loadu_si512(p); }
  static __m512i broadcast(const char* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, sizeof(four));
    return _mm512_set1_epi32(four);
  }
  static Acc dot(Acc sum, __m512i a, Weights b) { return _mm512_dpbusd_epi32(sum, a, b); }
  static void store(std::int32_t* p, Acc sum) { _mm512_store_si512(p, sum); }
};

}  // namespace

const GemmQKernels kGemmS8Avx512Vnni{OperandType::kU8, 1,          DotGemm<Dot>::kPanelWidth,
                                     Dot::kGroup,      Dot::kStep, &DotGemm<Dot>::run};

}  // namespace martlet
