#include "kernels/cpu/kernels.h"

#include <algorithm>
#include <iterator>

namespace martlet {
namespace {

const Kernels kLevels[] = {
    {Isa::kScalar, kGemmScalar, kGemmS8Scalar, &kGemmBf16Scalar, kAttentionScalar, kAttentionScalar,
     kEmbedScalar, kGateScalar, kLayerNormScalar, kQuantizeScalar, kRotaryScalar, kPeakF32Scalar,
     kPeakS8Scalar, &kPeakF32Scalar},
    {Isa::kAvx2, kGemmAvx2, kGemmS8Avx2, nullptr, kAttentionAvx2, kAttentionAvx2, kEmbedAvx2,
     kGateAvx2, kLayerNormAvx2, kQuantizeAvx2, kRotaryAvx2, kPeakF32Avx2, kPeakS8Avx2, nullptr},
    {Isa::kAvx2Vnni, kGemmAvx2, kGemmS8Avx2Vnni, nullptr, kAttentionAvx2, kAttentionAvx2,
     kEmbedAvx2, kGateAvx2, kLayerNormAvx2, kQuantizeAvx2, kRotaryAvx2, kPeakF32Avx2,
     kPeakS8Avx2Vnni, nullptr},
    {Isa::kAvx512, kGemmAvx512, kGemmS8Avx512, nullptr, kAttentionAvx512, kAttentionAvx512Low,
     kEmbedAvx512, kGateAvx512, kLayerNormAvx512, kQuantizeAvx512, kRotaryAvx512, kPeakF32Avx512,
     kPeakS8Avx512, nullptr},
    {Isa::kAvx512Vnni, kGemmAvx512, kGemmS8Avx512Vnni, nullptr, kAttentionAvx512,
     kAttentionAvx512Vnni, kEmbedAvx512, kGateAvx512, kLayerNormAvx512, kQuantizeAvx512,
     kRotaryAvx512, kPeakF32Avx512, kPeakS8Avx512Vnni, nullptr},
    {Isa::kAvx512Bf16, kGemmAvx512, kGemmS8Avx512Vnni, &kGemmBf16Avx512Bf16, kAttentionAvx512,
     kAttentionAvx512Vnni, kEmbedAvx512, kGateAvx512, kLayerNormAvx512, kQuantizeAvx512,
     kRotaryAvx512, kPeakF32Avx512, kPeakS8Avx512Vnni, &kPeakBf16Avx512Bf16},
    {Isa::kAmx, kGemmAvx512, kGemmS8Amx, &kGemmBf16Amx, kAttentionAvx512, kAttentionAmx,
     kEmbedAvx512, kGateAvx512, kLayerNormAvx512, kQuantizeAvx512, kRotaryAvx512, kPeakF32Avx512,
     kPeakS8Amx, &kPeakBf16Amx},
};

}  // namespace

const Kernels& kernels_for(Isa isa) noexcept {
  return *std::find_if(std::begin(kLevels), std::end(kLevels) - 1, [isa](const Kernels& k) {
    return k.isa == isa;
  });
}

}  // namespace martlet
