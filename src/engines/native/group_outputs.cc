// What a group leaves behind: logits, token vectors, pooled vectors.
#include <algorithm>

#include "engines/native/group_pass.h"

namespace martlet {

/// A head's layer over rows of input, context or spare; heads are fp32 in every precision.
void GroupPass::apply_head(
    const Linear& linear, const float* from, float* to, std::size_t stride, Activation activation,
    std::size_t rows
) {
  steps_.multiply(
      {.step = Step::kHead,
       .linear = linear,
       .a = from,
       .lda = w_.hidden_stride,
       .operand = w_.hidden_operand,
       .c = to,
       .ldc = stride,
       .activation = activation},
      rows
  );
}

void GroupPass::normalize_head(const Norm& norm, std::size_t rows) {
  const Range mine = share_rows(rows, team_);
  float* x = w_.spare + mine.begin * w_.hidden_stride;
  kernels_.layer_norm.f32({
      .x = x,
      .gamma = norm.gamma.data(),
      .beta = norm.beta.data(),
      .epsilon = weights_.config.layer_norm_eps,
      .out = x,
      .stride = w_.hidden_stride,
      .rows = mine.end - mine.begin,
      .n = hidden_,
  });
  steps_.end_of_step(rows);
}

void GroupPass::classify(
    const float* features, std::size_t rows, std::size_t output_row, EncoderOutput& output
) {
  const bool pools = weights_.head == HeadKind::kSequence && !weights_.head_dense;
  const std::optional<Linear>& dense = pools ? weights_.pooler : weights_.head_dense;
  if (dense) {
    apply_head(*dense, features, w_.spare, w_.hidden_stride, weights_.head_activation, rows);
    steps_.end_of_step(rows);
    if (weights_.head_norm) normalize_head(*weights_.head_norm, rows);
    features = w_.spare;
  }
  float* logits = output.values.data() + output_row * output.columns;
  apply_head(weights_.classifier, features, logits, output.columns, Activation::kNone, rows);
}

void GroupPass::copy_rows(
    const float* from, std::size_t rows, std::size_t output_row, EncoderOutput& output
) {
  steps_.barrier();
  const Range mine = share(rows, team_);
  for (std::size_t r = mine.begin; r < mine.end; ++r) {
    std::copy_n(
        from + r * w_.hidden_stride, hidden_, output.values.data() + (output_row + r) * hidden_
    );
  }
}

/// Mean or maximum over each sequence's rows; `out`: [sequences, hidden], row stride `stride`.
void GroupPass::pool(OutputKind kind, float* out, std::size_t stride) {
  steps_.barrier();
  const Range mine = share(sequences_, team_);
  for (std::size_t sequence = mine.begin; sequence < mine.end; ++sequence)
    pool(kind, sequence, out + sequence * stride);
}

void GroupPass::pool(OutputKind kind, std::size_t sequence, float* out) {
  const float* x = w_.input + row(sequence) * w_.hidden_stride;
  std::copy_n(x, hidden_, out);
  for (std::size_t r = 1; r < length(sequence); ++r) {
    x += w_.hidden_stride;
    for (std::size_t i = 0; i < hidden_; ++i)
      out[i] = kind == OutputKind::kMax ? std::max(out[i], x[i]) : out[i] + x[i];
  }
  if (kind == OutputKind::kMax) return;
  const auto count = static_cast<float>(length(sequence));
  for (std::size_t i = 0; i < hidden_; ++i) out[i] /= count;
}

/// One row for each sequence, as sequence heads and first-token outputs read them.
const float* GroupPass::sequence_rows(bool mean) {
  if (!weights_.config.pre_norm) return w_.input;  // run_layer_first_tokens() has left them there
  if (mean) {
    pool(OutputKind::kMean, w_.context, w_.hidden_stride);
  } else {
    steps_.barrier();
    const Range mine = share(sequences_, team_);
    for (std::size_t sequence = mine.begin; sequence < mine.end; ++sequence) {
      std::copy_n(
          w_.input + row(sequence) * w_.hidden_stride, hidden_,
          w_.context + sequence * w_.hidden_stride
      );
    }
  }
  steps_.barrier();
  return w_.context;
}

void GroupPass::write(OutputKind kind, EncoderOutput& output) {
  float* rows = output.values.data() + group_.begin * output.columns;
  switch (kind) {
    case OutputKind::kLogits:
      if (weights_.head == HeadKind::kToken) return classify(w_.input, tokens_, first_, output);
      return classify(
          sequence_rows(weights_.config.head_reads_mean), sequences_, group_.begin, output
      );
    case OutputKind::kTokens:
      return copy_rows(w_.input, tokens_, first_, output);
    case OutputKind::kCls:
      return copy_rows(sequence_rows(false), sequences_, group_.begin, output);
    case OutputKind::kMean:
    case OutputKind::kMax:
      return pool(kind, rows, hidden_);
    case OutputKind::kPooler:
      return apply_head(
          *weights_.pooler, sequence_rows(false), rows, output.columns, Activation::kTanh,
          sequences_
      );
  }
}

}  // namespace martlet
