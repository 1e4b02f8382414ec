// What ModernBERT's layers do that BERT's do not: rotate, look through a window, gate.
#include <algorithm>

#include "engines/native/group_pass.h"

namespace martlet {

void GroupPass::rotate_head(const LayerWeights& layer, std::size_t sequence, std::size_t head) {
  const HeadLayout layout = head_layout(layer);
  float* queries = layout.queries_of(head) + row(sequence) * layout.row;
  for (float* x : {queries, queries + layout.part}) {
    kernels_.rotary.f32(
        {.x = x,
         .stride = layout.row,
         .angles = layer.rotary->values.data(),
         .rows = length(sequence),
         .n = hidden_ / heads_}
    );
  }
}

void GroupPass::attend_window(
    const AttentionKernels& attention, const AttentionF32& whole, std::size_t window
) {
  if (whole.keys <= window + 1) return attention.f32(whole);
  for (std::size_t query = 0; query < whole.queries; query += kWindowQueries) {
    const std::size_t first_key = query > window ? query - window : 0;
    const std::size_t queries = std::min(kWindowQueries, whole.queries - query);
    AttentionF32 part = whole;
    part.q += query * whole.q_stride;
    part.k += first_key * whole.kv_stride;
    part.v += first_key * whole.kv_stride;
    part.queries = queries;
    part.keys = std::min(whole.keys, query + queries + window) - first_key;
    // The kernel counts queries from the first key.
    part.bias = weights_.rotary->window_bias_at_zero() - (query - first_key);
    part.out += query * whole.out_stride;
    attention.f32(part);
  }
}

void GroupPass::apply_gate(const LayerWeights& layer, std::size_t rows) {
  steps_.multiply(
      {.step = Step::kFfIn,
       .linear = *layer.ff_gate,
       .a = w_.input,
       .lda = w_.hidden_stride,
       .operand = w_.hidden_operand,
       .c = w_.gate,
       .ldc = w_.inner_stride},
      rows
  );
  steps_.end_of_step(rows);
  const Range mine = share_rows(rows, team_);
  kernels_.gate.f32(
      {.x = w_.inner + mine.begin * w_.inner_stride,
       .gate = w_.gate + mine.begin * w_.inner_stride,
       .stride = w_.inner_stride,
       .rows = mine.end - mine.begin,
       .n = layer.ff_in.n}
  );
  timer_.done(Step::kFfIn);
}

}  // namespace martlet
