#include "kernels/cpu/gemm_q/gemm_q.h"

#include <algorithm>
#include <cmath>

#include "core/half.h"

namespace martlet {
namespace {

/// Where the panels of an [n, k] layer go.
template <class T>
class Panels {
 public:
  Panels(const GemmQKernels& kernels, std::size_t n, std::size_t k, void* packed) noexcept
      : kernels_(kernels),
        panel_size_(kernels.panel_width * round_up(k, kernels.k_step)),
        packed_(static_cast<T*>(packed)) {
    if (n % kernels.panel_width != 0 || k % kernels.k_step != 0)
      std::fill_n(
          packed_, round_up(n, kernels.panel_width) / kernels.panel_width * panel_size_, T(0)
      );
  }

  /// Values of inputs [begin, begin + count) of output `row`; begin is a multiple of the group.
  template <class Value>
  void put(std::size_t row, std::size_t begin, std::size_t count, const Value* values) noexcept {
    const std::size_t width = kernels_.panel_width;
    const std::size_t group = kernels_.group;
    T* to = packed_ + row / width * panel_size_ + row % width * group + begin * width;
    for (std::size_t i = 0; i < count; i += group, to += group * width) {
      const std::size_t size = std::min(group, count - i);
      for (std::size_t j = 0; j < size; ++j) to[j] = static_cast<T>(values[i + j]);
    }
  }

 private:
  const GemmQKernels& kernels_;
  std::size_t panel_size_;
  T* packed_;
};

/// Inputs that are quantized before they are put into panels; a multiple of every group.
constexpr std::size_t kBlock = 256;

float scaled(const PackS8& p, const float* row, std::size_t i) noexcept {
  return p.factor == nullptr ? row[i] : row[i] * p.factor[i];
}

float largest_magnitude(const PackS8& p, const float* row) noexcept {
  float most = 0;
  for (std::size_t i = 0; i < p.k; ++i) most = std::max(most, std::abs(scaled(p, row, i)));
  return most;
}

template <class T>
void quantize_into_panels(const GemmQKernels& kernels, const PackS8& p) noexcept {
  Panels<T> panels(kernels, p.n, p.k, p.packed);
  for (std::size_t row = 0; row < p.n; ++row) {
    const float* from = p.weight + row * p.k;
    p.scale[row] = largest_magnitude(p, from) / 127.0F;
    const float inverse = p.scale[row] == 0 ? 0.0F : 1.0F / p.scale[row];
    std::int32_t sum = 0;
    for (std::size_t begin = 0; begin < p.k; begin += kBlock) {
      // Adding and taking away 1.5 x 2^23 rounds to the nearest even integer, in code that
      // vectorizes.
      constexpr float kRound = 12582912.0F;
      std::int32_t block[kBlock];
      const std::size_t count = std::min(kBlock, p.k - begin);
      for (std::size_t i = 0; i < count; ++i) {
        const float value = scaled(p, from, begin + i) * inverse + kRound - kRound;
        block[i] = static_cast<std::int32_t>(std::clamp(value, -127.0F, 127.0F));
        sum += block[i];
      }
      panels.put(row, begin, count, block);
    }
    p.scaled_sums[row] = p.scale[row] * static_cast<float>(sum);
  }
}

}  // namespace

void pack_s8(const GemmQKernels& kernels, const PackS8& pack) noexcept {
  if (kernels.weight_bytes == 1) {
    quantize_into_panels<std::int8_t>(kernels, pack);
  } else {
    quantize_into_panels<std::int16_t>(kernels, pack);
  }
}

void pack_s8_values(
    const GemmQKernels& kernels, const std::int8_t* weight, std::size_t n, std::size_t k,
    void* packed
) noexcept {
  const auto pack = [&](auto panels) {
    for (std::size_t row = 0; row < n; ++row) panels.put(row, 0, k, weight + row * k);
  };
  if (kernels.weight_bytes == 1) {
    pack(Panels<std::int8_t>(kernels, n, k, packed));
  } else {
    pack(Panels<std::int16_t>(kernels, n, k, packed));
  }
}

void pack_bf16(
    const GemmQKernels& kernels, const float* weight, std::size_t n, std::size_t k, void* packed
) noexcept {
  Panels<std::uint16_t> panels(kernels, n, k, packed);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t begin = 0; begin < k; begin += kBlock) {
      std::uint16_t block[kBlock];
      const std::size_t count = std::min(kBlock, k - begin);
      for (std::size_t i = 0; i < count; ++i)
        block[i] = float_to_bfloat16(weight[row * k + begin + i]);
      panels.put(row, begin, count, block);
    }
  }
}

}  // namespace martlet
