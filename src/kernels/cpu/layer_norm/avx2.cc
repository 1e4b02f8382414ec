#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/layer_norm/rows.h"

namespace martlet {

const LayerNormKernels kLayerNormAvx2{&RowLayerNorm<Vec256>::f32, &RowLayerNorm<Vec256>::f32_to_u8};

}  // namespace martlet
