#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/peak/multiply_add.h"

namespace martlet {

const PeakKernels kPeakAvx2{&MultiplyAdd<Vec256>::run};

}  // namespace martlet
