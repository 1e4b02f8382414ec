#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/attention/lanes.h"
#include "kernels/cpu/attention/rows.h"

namespace martlet {
namespace {

std::size_t scratch(std::size_t keys, std::size_t head_dim) noexcept {
  return std::max(
      RowAttention<Vec512>::scratch(keys, head_dim), LaneAttention<true>::scratch(keys, head_dim)
  );
}

template <bool kExact>
void f32(const AttentionF32& t) noexcept {
  using Lanes = LaneAttention<kExact>;
  if (Lanes::takes(t.head_dim)) return Lanes::run(t);
  RowAttention<Vec512>::run(t);
}

}  // namespace

const AttentionKernels kAttentionAvx512{&scratch, &f32<true>};
const AttentionKernels kAttentionAvx512Low{&scratch, &f32<false>};

}  // namespace martlet
