#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/embed/rows.h"

namespace martlet {

const EmbedKernels kEmbedAvx512{
    &RowEmbed<Vec512>::run<float>, &RowEmbed<Vec512>::run<std::uint16_t>,
    &RowEmbed<Vec512>::run<RoundedFloat>, &RowEmbed<Vec512>::to_f16
};

}  // namespace martlet
