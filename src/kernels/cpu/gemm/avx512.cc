#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/gemm/panels.h"

namespace martlet {

const GemmKernels kGemmAvx512{PanelGemm<Vec512>::kPanelWidth, &PanelGemm<Vec512>::run};

}  // namespace martlet
