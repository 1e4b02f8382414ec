#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/gemm/panels.h"

namespace martlet {

const GemmKernels kGemmAvx2{PanelGemm<Vec256>::kPanelWidth, &PanelGemm<Vec256>::run};

}  // namespace martlet
