#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/quantize/rows.h"

namespace martlet {

const QuantizeKernels kQuantizeAvx2{&RowQuantize<Vec256>::u8, &RowQuantize<Vec256>::u16, nullptr};

}  // namespace martlet
