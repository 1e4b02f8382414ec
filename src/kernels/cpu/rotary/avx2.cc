#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/rotary/rows.h"

namespace martlet {

const RotaryKernels kRotaryAvx2{&RowRotary<Vec256>::run};

}  // namespace martlet
