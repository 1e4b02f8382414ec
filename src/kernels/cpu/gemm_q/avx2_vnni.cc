// u8 x s8 with the 256-bit vpdpbusd of AVX-VNNI.
#include "kernels/cpu/gemm_q/dot_panels.h"
#include "kernels/cpu/vec/avx2.h"

namespace martlet {
namespace {

struct Dot {
  using Vec = Vec256;
  using Acc = __m256i;
  using Weights = __m256i;
  using Operand = std::uint8_t;
  using Sum = std::int32_t;
  // 6 x 2 accumulators, 2 weights and a broadcast: 15 of 16 registers.
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kVecs = 2;
  static constexpr std::size_t kGroup = 4;
  static constexpr std::size_t kStep = 4;

  static Acc zero() { return _mm256_setzero_si256(); }
  static Weights load(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static __m256i broadcast(const char* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, sizeof(four));
    return _mm256_set1_epi32(four);
  }
  static Acc dot(Acc sum, __m256i a, Weights b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
  static void store(std::int32_t* p, Acc sum) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), sum);
  }
};

}  // namespace

const GemmQKernels kGemmS8Avx2Vnni{OperandType::kU8, 1,          DotGemm<Dot>::kPanelWidth,
                                   Dot::kGroup,      Dot::kStep, &DotGemm<Dot>::run};

}  // namespace martlet
