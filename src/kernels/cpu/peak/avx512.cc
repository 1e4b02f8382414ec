#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/peak/chains.h"

namespace martlet {
namespace {

/// vpmaddwd and vpaddd, as the int8 products of this level.
struct DotS16 {
  using Reg = __m512i;
  static constexpr std::size_t kMacs = 32;
  Reg start = _mm512_set1_epi16(1);
  Reg a = _mm512_set1_epi16(3);
  Reg b = _mm512_set1_epi16(5);

  Reg step(Reg sum) {
    asm volatile("" : "+v"(a));  // else the product, always the same, is computed once
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
};

}  // namespace

const PeakKernel kPeakF32Avx512{&Chains<MultiplyAdd<Vec512>>::run};
const PeakKernel kPeakS8Avx512{&Chains<DotS16>::run};

}  // namespace martlet
