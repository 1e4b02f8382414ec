#include "engines/native/linear.h"

#include <algorithm>
#include <vector>

#include "engines/native/share.h"

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
    const Kernels& kernels, std::span<const float> weight, Precision precision, Linear& linear,
    Arena& arena, ThreadPool& pool
) {
  linear.precision = precision;
  const std::size_t width = panel_width(kernels, precision);
  const std::size_t panels = panel_count(linear.n, width);
  std::size_t panel_bytes = width * linear.k * sizeof(float);
  if (precision != Precision::kFp32)
    panel_bytes = packed_bytes(q_kernels(kernels, precision), width, linear.k);
  linear.packed = AlignedBuffer(panels * panel_bytes / sizeof(float), arena);
  std::vector<float> weight_factor;
  if (precision == Precision::kInt8) {
    linear.scale = AlignedBuffer(linear.n, arena);
    linear.scaled_sums = AlignedBuffer(linear.n, arena);
    for (const float factor : linear.input_factor.values()) weight_factor.push_back(1 / factor);
  }
  pool.run([&](Team& team) {
    const Range mine = share(panels, team);
    const std::size_t begin = mine.begin * width;
    const std::size_t end = std::min(linear.n, mine.end * width);
    if (begin >= end) return;
    const float* from = weight.data() + begin * linear.k;
    void* to = reinterpret_cast<char*>(linear.packed.data()) + mine.begin * panel_bytes;
    switch (precision) {
      case Precision::kFp32:
        return pack_panels(from, end - begin, linear.k, width, static_cast<float*>(to));
      case Precision::kBf16:
        return pack_bf16(*kernels.gemm_bf16, from, end - begin, linear.k, to);
      case Precision::kInt8:
        return pack_s8(
            kernels.gemm_s8, {.weight = from,
                              .n = end - begin,
                              .k = linear.k,
                              .factor = weight_factor.empty() ? nullptr : weight_factor.data(),
                              .packed = to,
                              .scale = linear.scale.data() + begin,
                              .scaled_sums = linear.scaled_sums.data() + begin}
        );
    }
  });
}

}  // namespace martlet
