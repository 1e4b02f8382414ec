#include "engines/native/linear.h"

namespace martlet {

std::string_view to_string(Precision precision) noexcept {
  switch (precision) {
    case Precision::kFp32:
      return "fp32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return "unknown";
}

const GemmQKernels& q_kernels(const Kernels& kernels, Precision precision) noexcept {
  return precision == Precision::kInt8 ? kernels.gemm_s8 : *kernels.gemm_bf16;
}

const AttentionKernels& attention_kernels(const Kernels& kernels, Precision precision) noexcept {
  return precision == Precision::kFp32 ? kernels.attention : kernels.attention_low;
}

std::size_t panel_width(const Kernels& kernels, Precision precision) noexcept {
  return precision == Precision::kFp32 ? kernels.gemm.panel_width
                                       : q_kernels(kernels, precision).panel_width;
}

void pack(
    const Kernels& kernels, std::span<const float> weight, Precision precision, Linear& linear
) {
  linear.precision = precision;
  if (precision == Precision::kFp32) {
    const std::size_t width = kernels.gemm.panel_width;
    linear.packed = AlignedBuffer(panel_count(linear.n, width) * width * linear.k);
    pack_panels(weight.data(), linear.n, linear.k, width, linear.packed.data());
    return;
  }
  const GemmQKernels& gemm = q_kernels(kernels, precision);
  linear.packed = AlignedBuffer(round_up(packed_bytes(gemm, linear.n, linear.k), 4) / 4);
  if (precision == Precision::kBf16) {
    pack_bf16(gemm, weight.data(), linear.n, linear.k, linear.packed.data());
    return;
  }
  linear.scale = AlignedBuffer(linear.n);
  linear.scaled_sums = AlignedBuffer(linear.n);
  pack_s8(
      gemm, weight.data(), linear.n, linear.k, linear.packed.data(), linear.scale.data(),
      linear.scaled_sums.data()
  );
}

}  // namespace martlet
