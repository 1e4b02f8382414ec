#include <immintrin.h>

#include "kernels/cpu/peak/chains.h"

namespace martlet {
namespace {

struct DotBf16 {
  using Reg = __m512;
  static constexpr std::size_t kMacs = 32;
  Reg start = _mm512_set1_ps(1.0F);
  __m512bh a = (__m512bh)_mm512_set1_epi16(0x3c00);  // 2^-7, so that no sum overflows
  __m512bh b = (__m512bh)_mm512_set1_epi16(0x3f80);  // 1

  Reg step(Reg sum) const { return _mm512_dpbf16_ps(sum, a, b); }
};

}  // namespace

const PeakKernel kPeakBf16Avx512Bf16{&Chains<DotBf16>::run};

}  // namespace martlet
