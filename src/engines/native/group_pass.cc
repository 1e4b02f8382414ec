#include "engines/native/group_pass.h"

#include <algorithm>

namespace martlet {
GroupPass::GroupPass(const PassContext& context, const Chunk& group, const Activations& activations)
    : weights_(context.weights),
      kernels_(context.kernels),
      batch_(context.batch),
      team_(context.team),
      timer_(context.timer),
      group_(group),
      w_(activations),
      steps_(kernels_, w_, team_, timer_, context.stream),
      hidden_(static_cast<std::size_t>(weights_.config.hidden_size)),
      heads_(static_cast<std::size_t>(weights_.config.heads)),
      first_(start(group.begin)),
      tokens_(start(group.end) - first_),
      sequences_(group.end - group.begin) {}

void GroupPass::normalize(const Norm& norm, std::size_t rows, const Linear* reader) {
  steps_.normalize(norm, weights_.config.layer_norm_eps, hidden_, rows, reader);
}

void GroupPass::prepare(const Linear& reader) {
  steps_.convert_step(reader, w_.input, w_.hidden_stride, w_.hidden_operand, tokens_);
}

bool GroupPass::by_heads(const LayerWeights& layer) const {
  const auto ranks = static_cast<std::size_t>(team_.size());
  const std::size_t width = panel_width(kernels_, layer.query.precision);
  return ranks > 1 && heads_ % ranks == 0 && hidden_ / ranks % width == 0;
}

float* GroupPass::own_place() const {
  if (!splits_rows(tokens_, team_)) return nullptr;
  const Range rows = share_rows(tokens_, team_);
  const std::size_t needed = 3 * tokens_ * hidden_ / static_cast<std::size_t>(team_.size());
  const std::size_t there = (rows.end - rows.begin) * w_.inner_stride;
  return needed <= there ? w_.inner + rows.begin * w_.inner_stride : nullptr;
}

GroupPass::HeadLayout GroupPass::head_layout(const LayerWeights& layer) const {
  const std::size_t head_dim = hidden_ / heads_;
  const bool apart = (by_heads(layer) || team_.size() == 1) &&
                     layer.query.precision != Precision::kFp32 && head_dim % kBandMultiple == 0;
  if (!apart) {
    return {
        .place = w_.qkv,
        .first_head = 0,
        .row = w_.qkv_stride,
        .head = head_dim,
        .part = hidden_,
        .whole = w_.qkv_stride,
        .band = 0,
    };
  }
  float* own = own_place();
  const Range there = own == nullptr ? Range{0, heads_} : share(heads_, team_);
  const std::size_t head = tokens_ * head_dim;
  return {
      .place = own == nullptr ? w_.qkv : own,
      .first_head = there.begin,
      .row = head_dim,
      .head = head,
      .part = (there.end - there.begin) * head,
      .whole = hidden_,
      .band = head_dim,
  };
}

void GroupPass::begin_heads(const LayerWeights& layer) {
  if (by_heads(layer) && splits_rows(tokens_, team_)) steps_.barrier();
}

void GroupPass::multiply_heads(
    const LayerWeights& layer, const Product& product, std::size_t rows
) {
  if (!by_heads(layer)) return steps_.multiply(product, rows);
  const std::size_t width = panel_width(kernels_, product.linear.precision);
  const HeadLayout layout = head_layout(layer);
  const Range mine = share(hidden_ / width, team_);
  Product part = product;
  for (std::size_t first = 0; first < product.linear.n; first += hidden_) {
    if (product.c_band > 0) {
      part.c = product.c + first / hidden_ * layout.part;
      part.c_column = first + layout.first_head * product.c_band;
    }
    const std::size_t panel = first / width;
    steps_.multiply(part, {0, rows}, {panel + mine.begin, panel + mine.end});
  }
}

void GroupPass::attend_sequence(
    const LayerWeights& layer, std::size_t sequence, Range heads, const Queries& queries
) {
  const bool differ = !layer.distances.empty() || weights_.bias_of(0) != nullptr;
  if (differ && heads.end - heads.begin > 1) {
    for (std::size_t head = heads.begin; head < heads.end; ++head)
      attend_sequence(layer, sequence, {head, head + 1}, queries);
    return;
  }
  if (layer.rotary != nullptr) {
    for (std::size_t head = heads.begin; head < heads.end; ++head)
      rotate_head(layer, sequence, head);
  }
  const AttentionKernels& attention = attention_kernels(kernels_, layer.query.precision);
  const std::size_t head_dim = hidden_ / heads_;
  const HeadLayout layout = head_layout(layer);
  const float* keys = layout.queries_of(heads.begin) + layout.part + row(sequence) * layout.row;
  const AttentionF32 task{
      .q = queries.q + (heads.begin - queries.first_head) * queries.head_stride,
      .q_stride = queries.q_stride,
      .k = keys,
      .v = keys + layout.part,
      .kv_stride = layout.row,
      .queries = queries.count,
      .keys = length(sequence),
      .head_dim = head_dim,
      .heads = heads.end - heads.begin,
      .q_head = queries.head_stride,
      .kv_head = layout.head,
      .out_head = head_dim,
      .scale = weights_.config.score_scale(),
      .bias = weights_.bias_of(heads.begin),
      .out = w_.context + queries.context_row * w_.hidden_stride + heads.begin * head_dim,
      .out_stride = w_.hidden_stride,
      .scratch = w_.scratch + static_cast<std::size_t>(team_.rank()) * w_.scratch_stride,
  };
  if (!layer.distances.empty()) {
    return DistanceAttention(kernels_, attention, weights_.distance_rows)
        .run(layer.distances[heads.begin], task);
  }
  if (layer.window == 0) return attention.f32(task);
  attend_window(attention, task, layer.window);
}

template <class QueriesOf>
void GroupPass::attend_heads(const LayerWeights& layer, const QueriesOf& queries_of) {
  if (by_heads(layer) || team_.size() == 1) {
    const Range mine = share(heads_, team_);
    for (std::size_t sequence = 0; sequence < sequences_; ++sequence)
      attend_sequence(layer, sequence, mine, queries_of(sequence));
  } else {
    steps_.barrier();
    for (auto item = static_cast<std::size_t>(team_.rank()); item < sequences_ * heads_;
         item += static_cast<std::size_t>(team_.size())) {
      const std::size_t head = item % heads_;
      attend_sequence(layer, item / heads_, {head, head + 1}, queries_of(item / heads_));
    }
  }
  timer_.done(Step::kAttention);
  steps_.barrier();
}

void GroupPass::attention_out(
    const LayerWeights& layer, const float* residual, std::size_t residual_stride, std::size_t rows
) {
  const std::size_t stride = w_.hidden_stride;
  const Operand& operand = w_.hidden_operand;
  steps_.convert_step(layer.attention_out, w_.context, stride, operand, rows);
  steps_.multiply(
      {.step = Step::kOut,
       .linear = layer.attention_out,
       .a = w_.context,
       .lda = stride,
       .operand = operand,
       .c = w_.x,
       .ldc = stride,
       .residual = residual,
       .ldr = residual_stride},
      rows
  );
  steps_.end_of_step(rows);
  normalize(layer.attention_norm, rows, &layer.ff_in);
}

void GroupPass::ff_in(const LayerWeights& layer, std::size_t rows) {
  steps_.multiply(
      {.step = Step::kFfIn,
       .linear = layer.ff_in,
       .a = w_.input,
       .lda = w_.hidden_stride,
       .operand = w_.hidden_operand,
       .c = w_.inner,
       .ldc = w_.inner_stride,
       .activation = weights_.activation},
      rows
  );
  if (layer.ff_gate) apply_gate(layer, rows);
  steps_.end_of_step(rows);
  steps_.convert_step(layer.ff_out, w_.inner, w_.inner_stride, w_.inner_operand, rows);
}

void GroupPass::ff_out(const LayerWeights& layer, std::size_t rows, const Linear* next) {
  steps_.multiply(
      {.step = Step::kFfOut,
       .linear = layer.ff_out,
       .a = w_.inner,
       .lda = w_.inner_stride,
       .operand = w_.inner_operand,
       .c = w_.x,
       .ldc = w_.hidden_stride,
       .residual = w_.x,
       .ldr = w_.hidden_stride},
      rows
  );
  steps_.end_of_step(rows);
  normalize(layer.ff_norm, rows, next);
}

void GroupPass::key_value(const LayerWeights& layer) {
  const HeadLayout layout = head_layout(layer);
  multiply_heads(
      layer,
      {.step = Step::kQkv,
       .linear = layer.key_value,
       .a = w_.input,
       .lda = w_.hidden_stride,
       .operand = w_.hidden_operand,
       .c = layout.place + layout.part,
       .ldc = layout.row,
       .c_band = layout.band,
       .c_band_stride = layout.head},
      tokens_
  );
}

void GroupPass::attend(const LayerWeights& layer) {
  const HeadLayout layout = head_layout(layer);
  begin_heads(layer);
  multiply_heads(
      layer,
      {.step = Step::kQkv,
       .linear = layer.query,
       .a = w_.input,
       .lda = w_.hidden_stride,
       .operand = w_.hidden_operand,
       .c = layout.place,
       .ldc = layout.row,
       .c_band = layout.band,
       .c_band_stride = layout.head},
      tokens_
  );
  key_value(layer);
  attend_heads(layer, [&](std::size_t sequence) {
    return Queries{
        .q = layout.place + row(sequence) * layout.row,
        .first_head = layout.first_head,
        .q_stride = layout.row,
        .head_stride = layout.head,
        .count = length(sequence),
        .context_row = row(sequence),
    };
  });
  attention_out(layer, w_.x, w_.hidden_stride, tokens_);
}

void GroupPass::ff_in(const LayerWeights& layer) { ff_in(layer, tokens_); }

void GroupPass::ff_out(const LayerWeights& layer, const Linear* next) {
  ff_out(layer, tokens_, next);
}

void GroupPass::run_layer_first_tokens(const LayerWeights& layer) {
  begin_heads(layer);
  key_value(layer);
  steps_.barrier();
  float* firsts = w_.qkv;  // the place of queries elsewhere
  const std::size_t stride = head_layout(layer).whole;
  const Range mine = share(sequences_, team_);
  for (std::size_t sequence = mine.begin; sequence < mine.end; ++sequence) {
    std::copy_n(w_.x + row(sequence) * w_.hidden_stride, hidden_, firsts + sequence * stride);
  }
  steps_.convert(layer.query, firsts, stride, w_.hidden_operand, mine);
  timer_.done(Step::kConvert);
  steps_.barrier();
  multiply_heads(
      layer,
      {.step = Step::kQkv,
       .linear = layer.query,
       .a = firsts,
       .lda = stride,
       .operand = w_.hidden_operand,
       .c = w_.spare,
       .ldc = w_.hidden_stride},
      sequences_
  );
  attend_heads(layer, [this](std::size_t sequence) {
    return Queries{
        .q = w_.spare + sequence * w_.hidden_stride,
        .first_head = 0,
        .q_stride = w_.hidden_stride,
        .head_stride = hidden_ / heads_,
        .count = 1,
        .context_row = sequence,
    };
  });
  attention_out(layer, firsts, stride, sequences_);
  ff_in(layer, sequences_);
  ff_out(layer, sequences_, nullptr);
}

}  // namespace martlet
