// What a group leaves behind: logits, token vectors, pooled vectors.
#include <algorithm>

#include "engines/native/group_pass.h"

namespace martlet {

/// A head's layer over rows of x or sum; heads are fp32 in every precision.
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

void GroupPass::classify(std::size_t rows, std::size_t output_row, EncoderOutput& output) {
  const float* features = w_.x;
  if (weights_.head == HeadKind::kSequence) {
    const Linear& dense = weights_.head_dense ? *weights_.head_dense : *weights_.pooler;
    apply_head(dense, w_.x, w_.sum, w_.hidden_stride, weights_.head_activation, rows);
    steps_.end_of_step(rows);
    features = w_.sum;
  }
  float* logits = output.values.data() + output_row * output.columns;
  apply_head(weights_.classifier, features, logits, output.columns, Activation::kNone, rows);
}

void GroupPass::copy_rows(std::size_t rows, std::size_t output_row, EncoderOutput& output) {
  steps_.barrier();
  const Range mine = share(rows, team_);
  for (std::size_t r = mine.begin; r < mine.end; ++r) {
    std::copy_n(
        w_.x + r * w_.hidden_stride, hidden_, output.values.data() + (output_row + r) * hidden_
    );
  }
}

/// Mean or maximum over each sequence's rows.
void GroupPass::pool(OutputKind kind, EncoderOutput& output) {
  steps_.barrier();
  const Range mine = share(sequences_, team_);
  for (std::size_t sequence = mine.begin; sequence < mine.end; ++sequence) {
    float* out = output.values.data() + (group_.begin + sequence) * hidden_;
    const float* x = w_.x + row(sequence) * w_.hidden_stride;
    std::copy_n(x, hidden_, out);
    for (std::size_t r = 1; r < length(sequence); ++r) {
      x += w_.hidden_stride;
      for (std::size_t i = 0; i < hidden_; ++i)
        out[i] = kind == OutputKind::kMax ? std::max(out[i], x[i]) : out[i] + x[i];
    }
    if (kind == OutputKind::kMax) continue;
    const auto count = static_cast<float>(length(sequence));
    for (std::size_t i = 0; i < hidden_; ++i) out[i] /= count;
  }
}

void GroupPass::write(OutputKind kind, EncoderOutput& output) {
  switch (kind) {
    case OutputKind::kLogits:
      return weights_.head == HeadKind::kToken ? classify(tokens_, first_, output)
                                               : classify(sequences_, group_.begin, output);
    case OutputKind::kTokens:
      return copy_rows(tokens_, first_, output);
    case OutputKind::kCls:
      return copy_rows(sequences_, group_.begin, output);
    case OutputKind::kMean:
    case OutputKind::kMax:
      return pool(kind, output);
    case OutputKind::kPooler:
      float* out = output.values.data() + group_.begin * output.columns;
      return apply_head(*weights_.pooler, w_.x, out, output.columns, Activation::kTanh, sequences_);
  }
}

}  // namespace martlet
