#include "kernels/cpu/kernels.h"

#include <algorithm>
#include <iterator>

namespace martlet {
namespace {

const Kernels kLevels[] = {
    {Isa::kScalar, kGemmScalar, kAttentionScalar, kLayerNormScalar, kPeakScalar},
    {Isa::kAvx2, kGemmAvx2, kAttentionAvx2, kLayerNormAvx2, kPeakAvx2},
    {Isa::kAvx512, kGemmAvx512, kAttentionAvx512, kLayerNormAvx512, kPeakAvx512},
};

}  // namespace

const Kernels& kernels_for(Isa isa) noexcept {
  return *std::find_if(std::begin(kLevels), std::end(kLevels) - 1, [isa](const Kernels& k) {
    return k.isa == isa;
  });
}

}  // namespace martlet
