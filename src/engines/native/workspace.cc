#include "engines/native/workspace.h"

#include <algorithm>

namespace martlet {
namespace {

constexpr std::size_t kLine = 64;
/// Rows past the last that a tile of a product may read.
constexpr std::size_t kTileOverhang = 32;

/// Bytes between operand rows, enough for every precision in use: an odd number of cache lines, as
/// row_stride() does for fp32.
std::size_t operand_stride(const NativeWeights& weights, const Kernels& kernels, std::size_t n) {
  std::size_t stride = 0;
  for (const LayerWeights& layer : weights.layers) {
    const Precision precision = layer.query.precision;
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
  for (const LayerWeights& layer : weights.layers) {
    const AttentionKernels& attention = attention_kernels(kernels, layer.query.precision);
    floats = std::max(floats, attention.scratch(keys, head_dim));
  }
  return floats;
}

}  // namespace

void Workspace::reserve(
    const NativeWeights& weights, const Kernels& kernels, std::size_t tokens, std::size_t longest,
    int ranks
) {
  const auto hidden = static_cast<std::size_t>(weights.config.hidden_size);
  const auto intermediate = static_cast<std::size_t>(weights.config.intermediate_size);
  hidden_stride = row_stride(hidden);
  qkv_stride = row_stride(3 * hidden);
  inner_stride = row_stride(intermediate);
  scratch_stride = row_stride(attention_scratch(weights, kernels, longest));
  hidden_operand.stride = operand_stride(weights, kernels, hidden);
  inner_operand.stride = operand_stride(weights, kernels, intermediate);

  struct Part {
    float** at;
    std::size_t floats;
  };
  const auto operand_floats = [&](const Operand& operand) {
    return (tokens + kTileOverhang) * operand.stride / sizeof(float);
  };
  const Part parts[] = {
      {&x, tokens * hidden_stride},
      {&sum, tokens * hidden_stride},
      {&context, tokens * hidden_stride},
      {&qkv, tokens * qkv_stride},
      {&inner, tokens * inner_stride},
      {&scratch, static_cast<std::size_t>(ranks) * scratch_stride},
      {&hidden_operand.rows, operand_floats(hidden_operand)},
      {&hidden_operand.scale, tokens},
      {&hidden_operand.zero, tokens},
      {&inner_operand.rows, operand_floats(inner_operand)},
      {&inner_operand.scale, tokens},
      {&inner_operand.zero, tokens},
  };
  std::size_t needed = 0;
  for (const Part& part : parts) needed += round_up(part.floats, kLine / sizeof(float));
  if (storage_.size() < needed) storage_ = AlignedBuffer(needed);
  float* at = storage_.data();
  for (const Part& part : parts) {
    *part.at = at;
    at += round_up(part.floats, kLine / sizeof(float));
  }
}

}  // namespace martlet
