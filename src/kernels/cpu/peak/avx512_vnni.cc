#include <immintrin.h>

#include "kernels/cpu/peak/chains.h"

namespace martlet {
namespace {

struct DotU8 {
  using Reg = __m512i;
  static constexpr std::size_t kMacs = 64;
  Reg start = _mm512_set1_epi8(1);
  Reg a = _mm512_set1_epi8(3);
  Reg b = _mm512_set1_epi8(5);

  Reg step(Reg sum) const { return _mm512_dpbusd_epi32(sum, a, b); }
};

}  // namespace

const PeakKernel kPeakS8Avx512Vnni{&Chains<DotU8>::run};

}  // namespace martlet
