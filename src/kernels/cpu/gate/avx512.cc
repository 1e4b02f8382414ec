#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/gate/rows.h"

namespace martlet {

const GateKernels kGateAvx512{&RowGate<Vec512>::run};

}  // namespace martlet
