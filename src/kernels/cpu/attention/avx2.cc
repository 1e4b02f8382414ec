#include "kernels/cpu/vec/avx2.h"
#include "kernels/cpu/attention/rows.h"

namespace martlet {

const AttentionKernels kAttentionAvx2{&RowAttention<Vec256>::scratch, &RowAttention<Vec256>::run};

}  // namespace martlet
