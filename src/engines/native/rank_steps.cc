#include "engines/native/rank_steps.h"

#include <algorithm>
#include <span>

namespace martlet {
namespace {

/// Bytes of weights to fetch between two looks at a barrier, and before each kRowsTogether rows
/// that are converted. Before norms and attention it gains nothing.
constexpr std::size_t kFetchWaiting = 1 << 10;
constexpr std::size_t kFetchConverting = 4 << 10;

bool reads_u8(const Kernels& kernels, const Linear& linear) {
  return linear.precision != Precision::kFp32 &&
         q_kernels(kernels, linear.precision).operand == OperandType::kU8;
}

QuantizeRows quantization(
    const Linear& reader, const float* from, std::size_t stride, const Operand& to, Range rows
) {
  return {
      .x = from + rows.begin * stride,
      .stride = stride,
      .rows = rows.end - rows.begin,
      .n = reader.k,
      .factor = reader.input_factor.data(),
      .out = to.row(rows.begin),
      .out_stride = to.stride,
      .scale = to.scale + rows.begin,
      .offset = to.offset + rows.begin,
  };
}

}  // namespace

void RankSteps::multiply(const Product& p, std::size_t rows) {
  const std::size_t panels = panel_count(p.linear.n, panel_width(kernels_, p.linear.precision));
  const bool by_rows = splits_rows(rows, team_);
  const Range mine = by_rows ? share(rows, team_, kTileRows) : Range{0, rows};
  multiply(p, mine, by_rows ? Range{0, panels} : share(panels, team_));
}

void RankSteps::multiply(const Product& p, Range rows, Range panels) {
  begin_product(p.linear, panels);
  if (p.linear.precision == Precision::kFp32) {
    multiply_f32(p, rows, panels);
  } else {
    multiply_q(p, rows, panels);
  }
  timer_.done(p.step);
}

void RankSteps::begin_product(const Linear& linear, Range panels) {
  if (stream_ == nullptr) return;
  const auto packed = std::as_bytes(linear.packed.values());
  const std::size_t bytes =
      packed.size() / panel_count(linear.n, panel_width(kernels_, linear.precision));
  stream_->begin_product(packed.subspan(panels.begin * bytes, (panels.end - panels.begin) * bytes));
}

void RankSteps::multiply_f32(const Product& p, Range rows, Range panels) {
  kernels_.gemm.f32(
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

void RankSteps::multiply_q(const Product& p, Range rows, Range panels) {
  q_kernels(kernels_, p.linear.precision)
      .run(
          {
              .a = p.operand.row(rows.begin),
              .lda = p.operand.stride,
              .a_scale = p.operand.scale + rows.begin,
              .a_offset = p.operand.offset + rows.begin,
              .packed = p.linear.packed.data(),
              .scale = p.linear.scale.data(),
              .scaled_sums = p.linear.scaled_sums.data(),
              .bias = p.linear.bias.data(),
              .residual = p.residual == nullptr ? nullptr : p.residual + rows.begin * p.ldr,
              .ldr = p.ldr,
              .c = p.c + rows.begin * p.ldc,
              .ldc = p.ldc,
              .c_column = p.c_column,
              .c_band = p.c_band,
              .c_band_stride = p.c_band_stride,
              .m = rows.end - rows.begin,
              .n = p.linear.n,
              .k = p.linear.k,
              .activation = p.activation,
          },
          panels.begin, panels.end
      );
}

void RankSteps::barrier() {
  team_.barrier([this] { return stream_ != nullptr && stream_->fetch(kFetchWaiting); });
  timer_.done(Step::kWait);
}

void RankSteps::end_of_step(std::size_t rows) {
  if (!splits_rows(rows, team_)) barrier();
}

void RankSteps::convert(
    const Linear& reader, const float* from, std::size_t stride, const Operand& to, Range rows
) {
  if (reader.precision == Precision::kFp32) return;
  const QuantizeRows task = quantization(reader, from, stride, to, rows);
  switch (q_kernels(kernels_, reader.precision).operand) {
    case OperandType::kU8:
      return kernels_.quantize.u8(task);
    case OperandType::kU16:
      return kernels_.quantize.u16(task);
    case OperandType::kBf16:
      return kernels_.quantize.bf16(task);
  }
}

void RankSteps::copy_rows(const float* from, float* to, std::size_t n, Range rows) {
  const std::size_t stride = w_.hidden_stride;
  for (std::size_t row = rows.begin; row < rows.end; ++row)
    std::copy_n(from + row * stride, n, to + row * stride);
}

void RankSteps::convert_step(
    const Linear& reader, const float* from, std::size_t stride, const Operand& to, std::size_t rows
) {
  if (reader.precision == Precision::kFp32) return;
  const Range mine = share_rows(rows, team_);
  const std::size_t at_once = stream_ == nullptr ? rows : kRowsTogether;
  for (std::size_t row = mine.begin; row < mine.end; row += at_once) {
    if (stream_ != nullptr) stream_->fetch(kFetchConverting);
    convert(reader, from, stride, to, {row, std::min(mine.end, row + at_once)});
  }
  timer_.done(Step::kConvert);
  end_of_step(rows);
}

void RankSteps::normalize(
    const Norm& norm, float epsilon, std::size_t hidden, std::size_t rows, const Linear* reader
) {
  const Range mine = share_rows(rows, team_);
  const LayerNormF32 task{
      .x = w_.x + mine.begin * w_.hidden_stride,
      .gamma = norm.gamma.data(),
      .beta = norm.beta.data(),
      .epsilon = epsilon,
      .out = w_.input + mine.begin * w_.hidden_stride,
      .stride = w_.hidden_stride,
      .rows = mine.end - mine.begin,
      .n = hidden,
  };
  const std::size_t stride = w_.hidden_stride;
  if (reader != nullptr && reads_u8(kernels_, *reader)) {
    kernels_.layer_norm.f32_to_u8(
        task, quantization(*reader, w_.input, stride, w_.hidden_operand, mine)
    );
  } else {
    kernels_.layer_norm.f32(task);
    if (reader != nullptr) convert(*reader, w_.input, stride, w_.hidden_operand, mine);
  }
  timer_.done(Step::kNorm);
  end_of_step(rows);
}

}  // namespace martlet
