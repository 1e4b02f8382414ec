#include "engines/native/workspace.h"

#include <algorithm>
#include <span>

namespace martlet {
namespace {

constexpr std::size_t kLine = 64;
/// Rows past the last that a tile of a product may read.
constexpr std::size_t kTileOverhang = 32;
/// At most: queries, keys, values, attention's output, ff_in, its gate, ff_out.
constexpr std::size_t kProductsOfLayer = 7;
/// Around the layers: a projection of the embeddings, pooler or dense, classifier.
constexpr std::size_t kOtherProducts = 3;

/// Floats of a part that begins and ends with a cache line.
std::size_t whole_lines(std::size_t floats) { return round_up(floats, kLine / sizeof(float)); }

/// Bytes between operand rows, enough for every precision in use: an odd number of cache lines, as
/// row_stride() does for fp32.
std::size_t operand_stride(const NativeWeights& weights, const Kernels& kernels, std::size_t n) {
  std::size_t stride = 0;
  for (std::size_t layer = 0; layer < weights.layers.size(); ++layer) {
    const Precision precision = weights.precision.layer(layer);
    if (precision == Precision::kFp32) continue;
    const std::size_t bytes = round_up(n, kLine) * size_of(q_kernels(kernels, precision).operand);
    stride = std::max(stride, (round_up(bytes, kLine) / kLine | 1) * kLine);
  }
  return stride;
}

/// Floats that one attention call over `keys` needs, whatever its layer's precision.
std::size_t attention_scratch(
    const NativeWeights& weights, const Kernels& kernels, std::size_t keys
) {
  const auto head_dim = static_cast<std::size_t>(weights.config.hidden_size / weights.config.heads);
  std::size_t floats = 0;
  for (std::size_t layer = 0; layer < weights.layers.size(); ++layer) {
    const AttentionKernels& attention = attention_kernels(kernels, weights.precision.layer(layer));
    floats = std::max(
        floats,
        weights.distance_rows.empty()
            ? attention.scratch(keys, head_dim)
            : DistanceAttention(kernels, attention, weights.distance_rows).scratch(keys, head_dim)
    );
  }
  return floats;
}

}  // namespace

Activations Activations::from(std::size_t row) const noexcept {
  Activations group = *this;
  group.x += row * hidden_stride;
  group.input += row * hidden_stride;
  group.hidden_operand.rows = reinterpret_cast<float*>(group.hidden_operand.row(row));
  group.hidden_operand.scale += row;
  group.hidden_operand.offset += row;
  group.inner_operand.rows = reinterpret_cast<float*>(group.inner_operand.row(row));
  group.inner_operand.scale += row;
  group.inner_operand.offset += row;
  return group;
}

void Workspace::reserve(
    const NativeWeights& weights, const Kernels& kernels, const WorkspaceSize& size
) {
  const auto hidden =
      static_cast<std::size_t>(std::max(weights.config.hidden_size, weights.config.embedding_size));
  const auto intermediate = static_cast<std::size_t>(weights.config.intermediate_size);
  Activations& a = activations_;
  a.hidden_stride = row_stride(hidden);
  a.qkv_stride = row_stride(3 * hidden);
  a.inner_stride = row_stride(intermediate);
  a.scratch_stride = row_stride(attention_scratch(weights, kernels, size.longest));
  a.hidden_operand.stride = operand_stride(weights, kernels, hidden);
  a.inner_operand.stride = operand_stride(weights, kernels, intermediate);

  struct Part {
    float** at;
    std::size_t floats;
  };
  const auto operand_floats = [](const Operand& operand, std::size_t rows) {
    return (rows + kTileOverhang) * operand.stride / sizeof(float);
  };
  const Part parts[] = {
      {&a.x, size.tokens * a.hidden_stride},
      {&a.input, weights.config.pre_norm ? size.tokens * a.hidden_stride : 0},
      {&a.gate, weights.config.gated ? size.group_tokens * a.inner_stride : 0},
      {&a.spare, size.group_tokens * a.hidden_stride},
      {&a.scratch, static_cast<std::size_t>(size.ranks) * a.scratch_stride},
      {&a.hidden_operand.rows, operand_floats(a.hidden_operand, size.tokens)},
      {&a.hidden_operand.scale, size.tokens},
      {&a.hidden_operand.offset, size.tokens},
      {&a.inner_operand.rows, operand_floats(a.inner_operand, size.tokens)},
      {&a.inner_operand.scale, size.tokens},
      {&a.inner_operand.offset, size.tokens},
  };
  const Part attention_parts[] = {
      {&a.qkv, size.group_tokens * a.qkv_stride},
      {&a.context, size.group_tokens * a.hidden_stride},
  };
  const auto floats_of = [](std::span<const Part> list) {
    std::size_t floats = 0;
    for (const Part& part : list) floats += whole_lines(part.floats);
    return floats;
  };
  const auto place = [](std::span<const Part> list, float* at) {
    for (const Part& part : list) {
      *part.at = at;
      at += whole_lines(part.floats);
    }
    return at;
  };
  // Attention's rows are done with when inner's are written, so that a rank alone keeps them in one
  // place, and more of a group in L2. Several ranks may be at different steps.
  const bool share = size.ranks == 1;
  const std::size_t inner_floats = whole_lines(size.group_tokens * a.inner_stride);
  const std::size_t needed =
      floats_of(parts) + (share ? std::max(inner_floats, floats_of(attention_parts))
                                : inner_floats + floats_of(attention_parts));
  if (storage_.size() < needed) storage_ = AlignedBuffer(needed);
  a.inner = place(parts, storage_.data());
  place(attention_parts, share ? a.inner : a.inner + inner_floats);
  if (!weights.config.pre_norm) a.input = a.x;

  streams_.resize(std::max(streams_.size(), static_cast<std::size_t>(size.ranks)));
  for (WeightStream& stream : streams_)
    stream.reserve(weights.layers.size() * kProductsOfLayer + kOtherProducts);
}

}  // namespace martlet
