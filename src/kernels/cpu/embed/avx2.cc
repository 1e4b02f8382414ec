#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/embed/rows.h"

namespace martlet {

const EmbedKernels kEmbedAvx2{
    &RowEmbed<Vec256>::run<float>, &RowEmbed<Vec256>::run<std::uint16_t>,
    &RowEmbed<Vec256>::run<RoundedFloat>, &RowEmbed<Vec256>::to_f16
};

}  // namespace martlet
