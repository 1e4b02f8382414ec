#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/rotary/rows.h"

namespace martlet {

const RotaryKernels kRotaryAvx512{&RowRotary<Vec512>::run};

}  // namespace martlet
