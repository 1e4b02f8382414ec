#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/quantize/rows.h"

namespace martlet {

const QuantizeKernels kQuantizeAvx512{
    &RowQuantize<Vec512>::u8, &RowQuantize<Vec512>::u16, &RowQuantize<Vec512>::bf16
};

}  // namespace martlet
