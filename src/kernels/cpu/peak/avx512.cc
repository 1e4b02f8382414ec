#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/peak/multiply_add.h"

namespace martlet {

const PeakKernels kPeakAvx512{&MultiplyAdd<Vec512>::run};

}  // namespace martlet
