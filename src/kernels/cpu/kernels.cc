#include "kernels/cpu/kernels.h"

#include <algorithm>
#include <iterator>

namespace martlet {
namespace {

const Kernels kLevels[] = {
    {Isa::kScalar, kGemmScalar, kGemmS8Scalar, &kGemmBf16Scalar, kAttentionScalar, kAttentionScalar,
     kLayerNormScalar, kQuantizeScalar, kPeakScalar},
    {Isa::kAvx2, kGemmAvx2, kGemmS8Avx2, nullptr, kAttentionAvx2, kAttentionAvx2, kLayerNormAvx2,
     kQuantizeAvx2, kPeakAvx2},
    {Isa::kAvx2Vnni, kGemmAvx2, kGemmS8Avx2Vnni, nullptr, kAttentionAvx2, kAttentionAvx2,
     kLayerNormAvx2, kQuantizeAvx2, kPeakAvx2},
    {Isa::kAvx512, kGemmAvx512, kGemmS8Avx512, nullptr, kAttentionAvx512, kAttentionAvx512,
     kLayerNormAvx512, kQuantizeAvx512, kPeakAvx512},
    {Isa::kAvx512Vnni, kGemmAvx512, kGemmS8Avx512Vnni, nullptr, kAttentionAvx512, kAttentionAvx512,
     kLayerNormAvx512, kQuantizeAvx512, kPeakAvx512},
    {Isa::kAvx512Bf16, kGemmAvx512, kGemmS8Avx512Vnni, &kGemmBf16Avx512Bf16, kAttentionAvx512,
     kAttentionAvx512, kLayerNormAvx512, kQuantizeAvx512, kPeakAvx512},
    {Isa::kAmx, kGemmAvx512, kGemmS8Amx, &kGemmBf16Amx, kAttentionAvx512, kAttentionAmx,
     kLayerNormAvx512, kQuantizeAvx512, kPeakAvx512},
};

}  // namespace

const Kernels& kernels_for(Isa isa) noexcept {
  return *std::find_if(std::begin(kLevels), std::end(kLevels) - 1, [isa](const Kernels& k) {
    return k.isa == isa;
  });
}

}  // namespace martlet
