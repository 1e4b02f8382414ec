#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/attention/rows.h"

namespace martlet {

const AttentionKernels kAttentionAvx512{&RowAttention<Vec512>::scratch, &RowAttention<Vec512>::run};

}  // namespace martlet
