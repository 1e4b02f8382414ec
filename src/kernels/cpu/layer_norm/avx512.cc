#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/layer_norm/rows.h"

namespace martlet {

const LayerNormKernels kLayerNormAvx512{
    &RowLayerNorm<Vec512>::f32, &RowLayerNorm<Vec512>::f32_to_u8
};

}  // namespace martlet
