#include <immintrin.h>

#include "kernels/cpu/peak/chains.h"

namespace martlet {
namespace {

struct DotU8 {
  using Reg = __m256i;
  static constexpr std::size_t kMacs = 32;
  Reg start = _mm256_set1_epi8(1);
  Reg a = _mm256_set1_epi8(3);
  Reg b = _mm256_set1_epi8(5);

  Reg step(Reg sum) const { return _mm256_dpbusd_avx_epi32(sum, a, b); }
};

}  // namespace

const PeakKernel kPeakS8Avx2Vnni{&Chains<DotU8>::run};

}  // namespace martlet
