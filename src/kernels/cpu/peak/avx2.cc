#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/peak/chains.h"

namespace martlet {
namespace {

/// vpmaddwd and vpaddd, as the int8 products of this level.
struct DotS16 {
  using Reg = __m256i;
  static constexpr std::size_t kMacs = 16;
  Reg start = _mm256_set1_epi16(1);
  Reg a = _mm256_set1_epi16(3);
  Reg b = _mm256_set1_epi16(5);

  Reg step(Reg sum) {
    asm volatile("" : "+x"(a));  // else the product, always the same, is computed once
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
};

}  // namespace

const PeakKernel kPeakF32Avx2{&Chains<MultiplyAdd<Vec256>>::run};
const PeakKernel kPeakS8Avx2{&Chains<DotS16>::run};

}  // namespace martlet
