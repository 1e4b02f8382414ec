#include "kernels/cpu/gemm_q/gemm_q.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/bf16.h"

namespace martlet {
namespace {

/// value(row, i) in packed order, zeros as padding.
template <class T, class Value>
void pack_as(
    const GemmQKernels& kernels, std::size_t n, std::size_t k, void* packed, const Value& value
) noexcept {
  const std::size_t width = kernels.panel_width;
  const std::size_t group = kernels.group;
  const std::size_t panel_size = width * round_up(k, kernels.k_step);
  T* out = static_cast<T*>(packed);
  std::fill_n(out, round_up(n, width) * round_up(k, kernels.k_step), T(0));
  for (std::size_t row = 0; row < n; ++row) {
    T* column = out + row / width * panel_size + row % width * group;
    for (std::size_t begin = 0; begin < k; begin += group, column += group * width) {
      const std::size_t count = std::min(group, k - begin);
      for (std::size_t i = 0; i < count; ++i) column[i] = static_cast<T>(value(row, begin + i));
    }
  }
}

template <class Value>
void pack_integers(
    const GemmQKernels& kernels, std::size_t n, std::size_t k, void* packed, const Value& value
) noexcept {
  if (kernels.weight_bytes == 1) {
    pack_as<std::int8_t>(kernels, n, k, packed, value);
  } else {
    pack_as<std::int16_t>(kernels, n, k, packed, value);
  }
}

float largest_magnitude(const float* values, std::size_t count) noexcept {
  float most = 0;
  for (std::size_t i = 0; i < count; ++i) most = std::max(most, std::abs(values[i]));
  return most;
}

}  // namespace

void pack_s8(
    const GemmQKernels& kernels, const float* weight, std::size_t n, std::size_t k, void* packed,
    float* scale, float* scaled_sums
) {
  std::vector<std::int8_t> quantized(n * k);
  for (std::size_t row = 0; row < n; ++row) {
    const float* from = weight + row * k;
    std::int8_t* to = quantized.data() + row * k;
    scale[row] = largest_magnitude(from, k) / 127.0F;
    const float inverse = scale[row] == 0 ? 0.0F : 1.0F / scale[row];
    // Adding and taking away 1.5 x 2^23 rounds to the nearest even integer, in code that
    // vectorizes.
    constexpr float kRound = 12582912.0F;
    int sum = 0;
    for (std::size_t i = 0; i < k; ++i) {
      const auto value = static_cast<std::int32_t>(from[i] * inverse + kRound - kRound);
      to[i] = static_cast<std::int8_t>(std::clamp(value, -127, 127));
      sum += to[i];
    }
    scaled_sums[row] = scale[row] * static_cast<float>(sum);
  }
  pack_s8_values(kernels, quantized.data(), n, k, packed);
}

void pack_s8_values(
    const GemmQKernels& kernels, const std::int8_t* weight, std::size_t n, std::size_t k,
    void* packed
) noexcept {
  pack_integers(kernels, n, k, packed, [&](std::size_t row, std::size_t i) {
    return weight[row * k + i];
  });
}

void pack_bf16(
    const GemmQKernels& kernels, const float* weight, std::size_t n, std::size_t k, void* packed
) noexcept {
  pack_as<std::uint16_t>(kernels, n, k, packed, [&](std::size_t row, std::size_t i) {
    return to_bf16(weight[row * k + i]);
  });
}

}  // namespace martlet
