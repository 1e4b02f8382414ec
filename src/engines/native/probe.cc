#include "engines/native/probe.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace martlet {
namespace {

constexpr std::size_t kSequences = 4;
constexpr std::size_t kLength = 16;
constexpr std::size_t kTokens = kSequences * kLength;  // a multiple of what a product reads past m
constexpr std::size_t kBlock = 64;  // elements that rows of operands are filled up to

/// What most BERT vocabularies have at 101 and 102, [CLS] and [SEP]; elsewhere words like others.
constexpr std::uint32_t kFirstToken = 101;
constexpr std::uint32_t kLastToken = 102;

/// [begin, end) of `count` that falls to a rank.
struct Share {
  std::size_t begin;
  std::size_t end;

  Share(std::size_t count, const Team& team)
      : begin(count * static_cast<std::size_t>(team.rank()) / ranks(team)),
        end(count * (static_cast<std::size_t>(team.rank()) + 1) / ranks(team)) {}
  static std::size_t ranks(const Team& team) { return static_cast<std::size_t>(team.size()); }
};

}  // namespace

Probe::Matrix::Matrix(std::size_t columns)
    : values(kTokens * row_stride(columns)), stride(row_stride(columns)) {}

Probe::Probe(const NativeWeights& weights, const Kernels& kernels, ThreadPool& pool)
    : weights_(weights),
      kernels_(kernels),
      pool_(pool),
      hidden_(static_cast<std::size_t>(weights.config.hidden_size)),
      x_(hidden_),
      sum_(hidden_),
      context_(hidden_),
      qkv_(3 * hidden_),
      inner_(static_cast<std::size_t>(weights.config.intermediate_size)),
      scale_(kTokens),
      zero_(kTokens) {
  const std::size_t widest = std::max(inner_.stride, x_.stride);
  operand_stride_ = round_up(widest, kBlock) * sizeof(std::uint16_t);
  operand_ = AlignedBuffer(kTokens * operand_stride_ / sizeof(float));
  const auto head_dim = hidden_ / static_cast<std::size_t>(weights.config.heads);
  scratch_ = AlignedBuffer(std::max(
      kernels.attention.scratch(kLength, head_dim), kernels.attention_low.scratch(kLength, head_dim)
  ));
  embed();
}

void Probe::embed() {
  const auto row_of = [this](const FloatTensor& table, std::size_t index) {
    return table.values().data() + index * hidden_;
  };
  const auto vocabulary = static_cast<std::uint32_t>(weights_.config.vocab_size);
  const auto positions = static_cast<std::size_t>(weights_.config.max_positions);
  std::minstd_rand random(1);  // its numbers are the same everywhere
  for (std::size_t row = 0; row < kTokens; ++row) {
    const std::size_t position = row % kLength;
    auto token = static_cast<std::uint32_t>(random());
    if (position == 0) token = kFirstToken;
    if (position == kLength - 1) token = kLastToken;
    const float* word = row_of(weights_.word_embeddings.floats, token % vocabulary);
    const float* place = row_of(weights_.position_embeddings, position % positions);
    const bool typed = !weights_.type_embeddings.values().empty();
    const float* type = typed ? row_of(weights_.type_embeddings, 0) : nullptr;
    float* to = sum_.at(row);
    for (std::size_t i = 0; i < hidden_; ++i) to[i] = word[i] + place[i] + (typed ? type[i] : 0.0F);
  }
  normalize(weights_.embedding_norm);
}

std::span<const float> Probe::layer_input() {
  sizes_.assign(hidden_, 0);
  for (std::size_t row = 0; row < kTokens; ++row) {
    const float* values = x_.at(row);
    for (std::size_t i = 0; i < hidden_; ++i) sizes_[i] += values[i] * values[i];
  }
  for (float& size : sizes_) size = std::sqrt(size / static_cast<float>(kTokens));
  return sizes_;
}

std::span<const float> Probe::ff_input(const LayerWeights& layer) {
  quantize(layer.query, x_);
  multiply(layer.query, x_, qkv_);
  multiply(layer.key_value, x_, qkv_, hidden_);
  attend(layer);
  quantize(layer.attention_out, context_);
  multiply(layer.attention_out, context_, sum_, 0, &x_);
  normalize(layer.attention_norm);
  return layer_input();
}

void Probe::finish_layer(const LayerWeights& layer) {
  quantize(layer.ff_in, x_);
  multiply(layer.ff_in, x_, inner_);
  quantize(layer.ff_out, inner_);
  multiply(layer.ff_out, inner_, sum_, 0, &x_);
  normalize(layer.ff_norm);
}

void Probe::attend(const LayerWeights& layer) {
  const AttentionKernels& attention = attention_kernels(kernels_, layer.query.precision);
  const auto heads = static_cast<std::size_t>(weights_.config.heads);
  const std::size_t head_dim = hidden_ / heads;
  for (std::size_t item = 0; item < kSequences * heads; ++item) {
    const std::size_t row = item / heads * kLength;
    const std::size_t column = item % heads * head_dim;
    attention.f32({
        .q = qkv_.at(row, column),
        .q_stride = qkv_.stride,
        .k = qkv_.at(row, hidden_ + column),
        .v = qkv_.at(row, 2 * hidden_ + column),
        .kv_stride = qkv_.stride,
        .queries = kLength,
        .keys = kLength,
        .head_dim = head_dim,
        .scale = 1.0F / std::sqrt(static_cast<float>(head_dim)),
        .out = context_.at(row, column),
        .out_stride = context_.stride,
        .scratch = scratch_.data(),
    });
  }
}

void Probe::quantize(const Linear& linear, Matrix& from) {
  if (linear.precision == Precision::kFp32) return;
  const QuantizeRows task{
      .x = from.values.data(),
      .stride = from.stride,
      .rows = kTokens,
      .n = linear.k,
      .factor = linear.input_factor.data(),
      .out = operand_.data(),
      .out_stride = operand_stride_,
      .scale = scale_.data(),
      .zero = zero_.data(),
  };
  switch (q_kernels(kernels_, linear.precision).operand) {
    case OperandType::kU8:
      return kernels_.quantize.u8(task);
    case OperandType::kU16:
      return kernels_.quantize.u16(task);
    case OperandType::kBf16:
      return kernels_.quantize.bf16(task);
  }
}

void Probe::multiply(
    const Linear& linear, Matrix& from, Matrix& to, std::size_t column, Matrix* residual
) {
  const Activation activation = &to == &inner_ ? weights_.activation : Activation::kNone;
  const std::size_t panels = panel_count(linear.n, panel_width(kernels_, linear.precision));
  const float* added = residual == nullptr ? nullptr : residual->values.data();
  const std::size_t added_stride = residual == nullptr ? 0 : residual->stride;
  pool_.run([&](Team& team) {
    const Share mine(panels, team);
    if (linear.precision == Precision::kFp32) {
      kernels_.gemm.f32(
          {.a = from.values.data(),
           .lda = from.stride,
           .packed = linear.packed.data(),
           .bias = linear.bias.data(),
           .residual = added,
           .ldr = added_stride,
           .c = to.at(0, column),
           .ldc = to.stride,
           .m = kTokens,
           .n = linear.n,
           .k = linear.k,
           .activation = activation},
          mine.begin, mine.end
      );
      return;
    }
    q_kernels(kernels_, linear.precision)
        .run(
            {.a = operand_.data(),
             .lda = operand_stride_,
             .a_scale = scale_.data(),
             .a_zero = zero_.data(),
             .packed = linear.packed.data(),
             .scale = linear.scale.data(),
             .scaled_sums = linear.scaled_sums.data(),
             .bias = linear.bias.data(),
             .residual = added,
             .ldr = added_stride,
             .c = to.at(0, column),
             .ldc = to.stride,
             .m = kTokens,
             .n = linear.n,
             .k = linear.k,
             .activation = activation},
            mine.begin, mine.end
        );
  });
}

void Probe::normalize(const Norm& norm) {
  kernels_.layer_norm.f32({
      .x = sum_.values.data(),
      .gamma = norm.gamma.data(),
      .beta = norm.beta.data(),
      .epsilon = weights_.config.layer_norm_eps,
      .out = x_.values.data(),
      .stride = x_.stride,
      .rows = kTokens,
      .n = hidden_,
  });
}

}  // namespace martlet
