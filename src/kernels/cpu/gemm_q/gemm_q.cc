#include "kernels/cpu/gemm_q/gemm_q.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/bf16.h"

namespace martlet {
namespace {

/// Calls put(index, row, i) for every weight in packed order, and put_zero(index) for the padding.
template <class Put, class PutZero>
void for_each_packed(
    const GemmQKernels& kernels, std::size_t n, std::size_t k, const Put& put,
    const PutZero& put_zero
) noexcept {
  std::size_t index = 0;
  for (std::size_t panel = 0; panel < n; panel += kernels.panel_width) {
    for (std::size_t group = 0; group < round_up(k, kernels.k_step); group += kernels.group) {
      for (std::size_t column = 0; column < kernels.panel_width; ++column) {
        for (std::size_t i = group; i < group + kernels.group; ++i, ++index) {
          if (panel + column < n && i < k) {
            put(index, panel + column, i);
          } else {
            put_zero(index);
          }
        }
      }
    }
  }
}

template <class T, class Value>
void pack_as(
    const GemmQKernels& kernels, std::size_t n, std::size_t k, void* packed, const Value& value
) noexcept {
  T* out = static_cast<T*>(packed);
  for_each_packed(
      kernels, n, k,
      [&](std::size_t index, std::size_t row, std::size_t i) {
        out[index] = static_cast<T>(value(row, i));
      },
      [&](std::size_t index) { out[index] = 0; }
  );
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
) noexcept {
  for (std::size_t row = 0; row < n; ++row) {
    scale[row] = largest_magnitude(weight + row * k, k) / 127.0F;
    scaled_sums[row] = 0;
  }
  const auto quantized = [&](std::size_t row, std::size_t i) {
    const float value = scale[row] == 0 ? 0.0F : std::nearbyint(weight[row * k + i] / scale[row]);
    return static_cast<int>(std::clamp(value, -127.0F, 127.0F));
  };
  for (std::size_t row = 0; row < n; ++row) {
    int sum = 0;
    for (std::size_t i = 0; i < k; ++i) sum += quantized(row, i);
    scaled_sums[row] = scale[row] * static_cast<float>(sum);
  }
  pack_integers(kernels, n, k, packed, quantized);
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
