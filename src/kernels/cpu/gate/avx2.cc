#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/gate/rows.h"

namespace martlet {

const GateKernels kGateAvx2{&RowGate<Vec256>::run};

}  // namespace martlet
