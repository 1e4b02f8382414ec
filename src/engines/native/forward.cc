#include "engines/native/forward.h"

#include <algorithm>
#include <cmath>

#include "engines/native/step_timer.h"

namespace martlet {
namespace {

/// From this many rows a rank on, splitting rows beats splitting columns: tiles are full and no
/// barrier is needed.
constexpr std::size_t kRowsPerRank = 32;
/// Rows are split at multiples of the tallest register tile.
constexpr std::size_t kTileRows = 8;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Range share(std::size_t count, const Team& team, std::size_t multiple = 1) {
  const auto size = static_cast<std::size_t>(team.size());
  const auto rank = static_cast<std::size_t>(team.rank());
  const std::size_t units = (count + multiple - 1) / multiple;
  return {
      std::min(count, units * rank / size * multiple),
      std::min(count, units * (rank + 1) / size * multiple)
  };
}

/// The end of the group that begins at sequence `begin`: of the ends with between half and all of
/// kGroupTokens, the last that leaves least of the last tile empty.
std::size_t group_end(const TokenBatch& batch, std::size_t begin, std::size_t limit) {
  constexpr std::size_t kFullTile = 32;
  const auto tokens = [&](std::size_t end) {
    return static_cast<std::size_t>(batch.starts[end] - batch.starts[begin]);
  };
  std::size_t best = begin + 1;
  double least_waste = 2;
  for (std::size_t end = begin + 1; end <= limit && tokens(end) <= kGroupTokens; ++end) {
    const std::size_t rows = tokens(end);
    if (2 * rows < kGroupTokens && end != limit) continue;
    const double waste = static_cast<double>(round_up(rows, kFullTile)) / static_cast<double>(rows);
    if (waste <= least_waste) {
      least_waste = waste;
      best = end;
    }
    if (end == limit) best = limit;
  }
  return best;
}

bool splits_rows(std::size_t rows, const Team& team) {
  return rows >= kRowsPerRank * static_cast<std::size_t>(team.size());
}

}  // namespace

/// One rank's work on a group of sequences.
struct Forward::Pass {
  const NativeWeights& weights;
  const Kernels& kernels;
  const TokenBatch& batch;
  const Chunk chunk;    // the group
  const Activations w;  // its rows
  Team& team;
  StepTimer& timer;

  std::size_t hidden = static_cast<std::size_t>(weights.config.hidden_size);
  std::size_t first = start(chunk.begin);  // token of the batch that is row 0 here
  std::size_t tokens = start(chunk.end) - first;
  std::size_t sequences = chunk.end - chunk.begin;

  [[nodiscard]] std::size_t start(std::size_t sequence) const {
    return static_cast<std::size_t>(batch.starts[sequence]);
  }
  /// First row of a sequence of the chunk, and how many rows it has.
  [[nodiscard]] std::size_t row(std::size_t sequence) const {
    return start(chunk.begin + sequence) - first;
  }
  [[nodiscard]] std::size_t length(std::size_t sequence) const {
    return row(sequence + 1) - row(sequence);
  }

  struct Product {
    Step step;
    const Linear& linear;
    const float* a;  // read where the layer is fp32
    std::size_t lda;
    const Operand& operand;  // read where it is not
    float* c;
    std::size_t ldc;
    Activation activation = Activation::kNone;
    const float* residual = nullptr;
    std::size_t ldr = 0;
  };

  /// This rank's part of a matrix product over `rows` rows.
  void multiply(const Product& p, std::size_t rows) {
    const std::size_t panels = panel_count(p.linear.n, panel_width(kernels, p.linear.precision));
    const bool by_rows = splits_rows(rows, team);
    const Range mine = by_rows ? share(rows, team, kTileRows) : Range{0, rows};
    const Range columns = by_rows ? Range{0, panels} : share(panels, team);
    if (p.linear.precision == Precision::kFp32) {
      multiply_f32(p, mine, columns);
    } else {
      multiply_q(p, mine, columns);
    }
    timer.done(p.step);
  }

  void multiply_f32(const Product& p, Range rows, Range panels) {
    kernels.gemm.f32(
        {
            .a = p.a + rows.begin * p.lda,
            .lda = p.lda,
            .packed = p.linear.packed.data(),
            .bias = p.linear.bias.data(),
            .residual = p.residual == nullptr ? nullptr : p.residual + rows.begin * p.ldr,
            .ldr = p.ldr,
            .c = p.c + rows.begin * p.ldc,
            .ldc = p.ldc,
            .m = rows.end - rows.begin,
            .n = p.linear.n,
            .k = p.linear.k,
            .activation = p.activation,
        },
        panels.begin, panels.end
    );
  }

  void multiply_q(const Product& p, Range rows, Range panels) {
    q_kernels(kernels, p.linear.precision)
        .run(
            {
                .a = p.operand.row(rows.begin),
                .lda = p.operand.stride,
                .a_scale = p.operand.scale + rows.begin,
                .a_zero = p.operand.zero + rows.begin,
                .packed = p.linear.packed.data(),
                .scale = p.linear.scale.data(),
                .scaled_sums = p.linear.scaled_sums.data(),
                .bias = p.linear.bias.data(),
                .residual = p.residual == nullptr ? nullptr : p.residual + rows.begin * p.ldr,
                .ldr = p.ldr,
                .c = p.c + rows.begin * p.ldc,
                .ldc = p.ldc,
                .m = rows.end - rows.begin,
                .n = p.linear.n,
                .k = p.linear.k,
                .activation = p.activation,
            },
            panels.begin, panels.end
        );
  }

  void barrier() {
    team.barrier();
    timer.done(Step::kWait);
  }

  /// Ends a step whose next step reads only the rows that this rank wrote, where rows are what is
  /// split.
  void end_of_step(std::size_t rows) {
    if (!splits_rows(rows, team)) barrier();
  }

  /// Rows of fp32 as `reader` will read them; nothing to do for fp32 itself.
  void convert(
      const Linear& reader, const float* from, std::size_t stride, const Operand& to, Range rows
  ) {
    if (reader.precision == Precision::kFp32) return;
    const QuantizeRows task{
        .x = from + rows.begin * stride,
        .stride = stride,
        .rows = rows.end - rows.begin,
        .n = reader.k,
        .out = to.row(rows.begin),
        .out_stride = to.stride,
        .scale = to.scale + rows.begin,
        .zero = to.zero + rows.begin,
    };
    switch (q_kernels(kernels, reader.precision).operand) {
      case OperandType::kU8:
        return kernels.quantize.u8(task);
      case OperandType::kU16:
        return kernels.quantize.u16(task);
      case OperandType::kBf16:
        return kernels.quantize.bf16(task);
    }
  }

  /// The same as a step of its own.
  void convert_step(
      const Linear& reader, const float* from, std::size_t stride, const Operand& to,
      std::size_t rows
  ) {
    if (reader.precision == Precision::kFp32) return;
    convert(reader, from, stride, to, share(rows, team, kTileRows));
    timer.done(Step::kConvert);
    end_of_step(rows);
  }

  /// w.sum to w.x, and to the operand of `reader` if there is one.
  void normalize(const Norm& norm, std::size_t rows, const Linear* reader) {
    const Range mine = share(rows, team, kTileRows);
    kernels.layer_norm.f32({
        .x = w.sum + mine.begin * w.hidden_stride,
        .gamma = norm.gamma.data(),
        .beta = norm.beta.data(),
        .epsilon = weights.config.layer_norm_eps,
        .out = w.x + mine.begin * w.hidden_stride,
        .stride = w.hidden_stride,
        .rows = mine.end - mine.begin,
        .n = hidden,
    });
    if (reader != nullptr) convert(*reader, w.x, w.hidden_stride, w.hidden_operand, mine);
    timer.done(Step::kNorm);
    end_of_step(rows);
  }

  void embed() {
    const Range mine = share(tokens, team, kTileRows);
    for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
      const std::size_t begin = std::max(mine.begin, row(sequence));
      const std::size_t end = std::min(mine.end, row(sequence + 1));
      if (begin < end) embed_rows(begin, end, begin - row(sequence));
    }
    timer.done(Step::kEmbed);
    normalize(weights.embedding_norm, tokens, &weights.layers.front().query);
  }

  void embed_rows(std::size_t begin, std::size_t end, std::size_t position) {
    const std::span<const float> types = weights.type_embeddings.values();
    const WordEmbeddings& words = weights.word_embeddings;
    const EmbedRows rows{
        .words = words.data(),
        .ids = batch.ids.data() + first + begin,
        .positions = weights.position_embeddings.values().data() + position * hidden,
        .types = types.empty() ? nullptr : types.data(),
        .type_ids = batch.type_ids.empty() ? nullptr : batch.type_ids.data() + first + begin,
        .out = w.sum + begin * w.hidden_stride,
        .stride = w.hidden_stride,
        .rows = end - begin,
        .n = hidden,
    };
    words.halved() ? kernels.embed.f16(rows) : kernels.embed.f32(rows);
  }

  /// Attention of every (sequence, head), dealt to the ranks in turn; `queries_of(sequence)` names
  /// the query rows and the context rows they are written to.
  template <class QueriesOf>
  void attend(Precision precision, const QueriesOf& queries_of) {
    const AttentionKernels& attention = attention_kernels(kernels, precision);
    const auto heads = static_cast<std::size_t>(weights.config.heads);
    const std::size_t head_dim = hidden / heads;
    const auto rank = static_cast<std::size_t>(team.rank());
    for (std::size_t item = rank; item < sequences * heads;
         item += static_cast<std::size_t>(team.size())) {
      const std::size_t sequence = item / heads;
      const std::size_t column = item % heads * head_dim;
      const float* keys = w.qkv + row(sequence) * w.qkv_stride + hidden + column;
      const auto [q, q_stride, queries, context_row] = queries_of(sequence);
      attention.f32({
          .q = q + column,
          .q_stride = q_stride,
          .k = keys,
          .v = keys + hidden,
          .kv_stride = w.qkv_stride,
          .queries = queries,
          .keys = length(sequence),
          .head_dim = head_dim,
          .scale = 1.0F / std::sqrt(static_cast<float>(head_dim)),
          .out = w.context + context_row * w.hidden_stride + column,
          .out_stride = w.hidden_stride,
          .scratch = w.scratch + rank * w.scratch_stride,
      });
    }
    timer.done(Step::kAttention);
    barrier();
  }

  struct Queries {
    const float* q;
    std::size_t q_stride;
    std::size_t count;
    std::size_t context_row;
  };

  /// From attention's output to the layer's: `residual` is the layer's input at the same rows, `x`
  /// its output. `next` will read x, if there is a next layer.
  void finish_layer(
      const LayerWeights& layer, const float* residual, std::size_t residual_stride,
      std::size_t rows, const Linear* next
  ) {
    const std::size_t stride = w.hidden_stride;
    const Operand& operand = w.hidden_operand;
    convert_step(layer.attention_out, w.context, stride, operand, rows);
    multiply(
        {.step = Step::kOut,
         .linear = layer.attention_out,
         .a = w.context,
         .lda = stride,
         .operand = operand,
         .c = w.sum,
         .ldc = stride,
         .residual = residual,
         .ldr = residual_stride},
        rows
    );
    end_of_step(rows);
    normalize(layer.attention_norm, rows, &layer.ff_in);
    multiply(
        {.step = Step::kFfIn,
         .linear = layer.ff_in,
         .a = w.x,
         .lda = stride,
         .operand = operand,
         .c = w.inner,
         .ldc = w.inner_stride,
         .activation = weights.activation},
        rows
    );
    end_of_step(rows);
    convert_step(layer.ff_out, w.inner, w.inner_stride, w.inner_operand, rows);
    multiply(
        {.step = Step::kFfOut,
         .linear = layer.ff_out,
         .a = w.inner,
         .lda = w.inner_stride,
         .operand = w.inner_operand,
         .c = w.sum,
         .ldc = stride,
         .residual = w.x,
         .ldr = stride},
        rows
    );
    end_of_step(rows);
    normalize(layer.ff_norm, rows, next);
  }

  /// Keys and values of every row, behind the place of the queries.
  void key_value(const LayerWeights& layer) {
    multiply(
        {.step = Step::kQkv,
         .linear = layer.key_value,
         .a = w.x,
         .lda = w.hidden_stride,
         .operand = w.hidden_operand,
         .c = w.qkv + hidden,
         .ldc = w.qkv_stride},
        tokens
    );
  }

  void run_layer(const LayerWeights& layer, const Linear* next) {
    multiply(
        {.step = Step::kQkv,
         .linear = layer.query,
         .a = w.x,
         .lda = w.hidden_stride,
         .operand = w.hidden_operand,
         .c = w.qkv,
         .ldc = w.qkv_stride},
        tokens
    );
    key_value(layer);
    barrier();
    attend(layer.query.precision, [this](std::size_t sequence) {
      return Queries{
          w.qkv + row(sequence) * w.qkv_stride, w.qkv_stride, length(sequence), row(sequence)
      };
    });
    finish_layer(layer, w.x, w.hidden_stride, tokens, next);
  }

  /// The last layer where only first tokens are read: keys and values of every row, the rest for
  /// one row a sequence. Afterwards row i of x belongs to sequence i. Exact: rows do not depend on
  /// each other.
  void run_layer_first_tokens(const LayerWeights& layer) {
    key_value(layer);
    barrier();
    float* firsts = w.qkv;  // the columns that hold queries elsewhere
    const Range mine = share(sequences, team);
    for (std::size_t sequence = mine.begin; sequence < mine.end; ++sequence) {
      std::copy_n(w.x + row(sequence) * w.hidden_stride, hidden, firsts + sequence * w.qkv_stride);
    }
    convert(layer.query, firsts, w.qkv_stride, w.hidden_operand, mine);
    timer.done(Step::kConvert);
    barrier();
    multiply(
        {.step = Step::kQkv,
         .linear = layer.query,
         .a = firsts,
         .lda = w.qkv_stride,
         .operand = w.hidden_operand,
         .c = w.sum,
         .ldc = w.hidden_stride},
        sequences
    );
    barrier();
    attend(layer.query.precision, [this](std::size_t sequence) {
      return Queries{w.sum + sequence * w.hidden_stride, w.hidden_stride, 1, sequence};
    });
    finish_layer(layer, firsts, w.qkv_stride, sequences, nullptr);
  }

  /// A head's layer over rows of x or sum; heads are fp32 in every precision.
  void apply_head(
      const Linear& linear, const float* from, float* to, std::size_t stride, Activation activation,
      std::size_t rows
  ) {
    multiply(
        {.step = Step::kHead,
         .linear = linear,
         .a = from,
         .lda = w.hidden_stride,
         .operand = w.hidden_operand,
         .c = to,
         .ldc = stride,
         .activation = activation},
        rows
    );
  }

  void classify(std::size_t rows, std::size_t output_row, EncoderOutput& output) {
    const float* features = w.x;
    if (weights.head == HeadKind::kSequence) {
      const Linear& dense = weights.head_dense ? *weights.head_dense : *weights.pooler;
      apply_head(dense, w.x, w.sum, w.hidden_stride, weights.head_activation, rows);
      end_of_step(rows);
      features = w.sum;
    }
    float* logits = output.values.data() + output_row * output.columns;
    apply_head(weights.classifier, features, logits, output.columns, Activation::kNone, rows);
  }

  void copy_rows(std::size_t rows, std::size_t output_row, EncoderOutput& output) {
    barrier();
    const Range mine = share(rows, team);
    for (std::size_t r = mine.begin; r < mine.end; ++r) {
      std::copy_n(
          w.x + r * w.hidden_stride, hidden, output.values.data() + (output_row + r) * hidden
      );
    }
  }

  /// Mean or maximum over each sequence's rows.
  void pool(OutputKind kind, EncoderOutput& output) {
    barrier();
    const Range mine = share(sequences, team);
    for (std::size_t sequence = mine.begin; sequence < mine.end; ++sequence) {
      float* out = output.values.data() + (chunk.begin + sequence) * hidden;
      const float* x = w.x + row(sequence) * w.hidden_stride;
      std::copy_n(x, hidden, out);
      for (std::size_t r = 1; r < length(sequence); ++r) {
        x += w.hidden_stride;
        for (std::size_t i = 0; i < hidden; ++i)
          out[i] = kind == OutputKind::kMax ? std::max(out[i], x[i]) : out[i] + x[i];
      }
      if (kind == OutputKind::kMax) continue;
      const auto count = static_cast<float>(length(sequence));
      for (std::size_t i = 0; i < hidden; ++i) out[i] /= count;
    }
  }

  void write(OutputKind kind, EncoderOutput& output) {
    switch (kind) {
      case OutputKind::kLogits:
        return weights.head == HeadKind::kToken ? classify(tokens, first, output)
                                                : classify(sequences, chunk.begin, output);
      case OutputKind::kTokens:
        return copy_rows(tokens, first, output);
      case OutputKind::kCls:
        return copy_rows(sequences, chunk.begin, output);
      case OutputKind::kMean:
      case OutputKind::kMax:
        return pool(kind, output);
      case OutputKind::kPooler:
        float* out = output.values.data() + chunk.begin * output.columns;
        return apply_head(*weights.pooler, w.x, out, output.columns, Activation::kTanh, sequences);
    }
  }
};

void Forward::run(
    const TokenBatch& batch, const Chunk& chunk, OutputKind kind, Workspace& workspace, Team& team,
    EncoderOutput& output
) const {
  StepTimer timer(workspace.times == nullptr ? nullptr : workspace.times + team.rank());
  const auto for_each_group = [&](const auto& work) {
    for (Chunk group{chunk.begin, chunk.begin}; group.end < chunk.end;) {
      group = {group.end, team.size() > 1 ? chunk.end : group_end(batch, group.end, chunk.end)};
      const auto row =
          static_cast<std::size_t>(batch.starts[group.begin] - batch.starts[chunk.begin]);
      work(Pass{
          .weights = weights_,
          .kernels = kernels_,
          .batch = batch,
          .chunk = group,
          .w = workspace.activations().from(row),
          .team = team,
          .timer = timer
      });
    }
  };
  const bool first_tokens_only =
      kind == OutputKind::kCls || kind == OutputKind::kPooler ||
      (kind == OutputKind::kLogits && weights_.head == HeadKind::kSequence);
  for_each_group([](Pass pass) { pass.embed(); });
  const std::vector<LayerWeights>& layers = weights_.layers;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i)
    for_each_group([&](Pass pass) { pass.run_layer(layers[i], &layers[i + 1].query); });
  for_each_group([&](Pass pass) {
    if (first_tokens_only) {
      pass.run_layer_first_tokens(layers.back());
    } else {
      pass.run_layer(layers.back(), nullptr);
    }
    pass.write(kind, output);
  });
  timer.done(Step::kHead);
}

}  // namespace martlet
