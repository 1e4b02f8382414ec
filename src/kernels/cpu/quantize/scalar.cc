// The contract in plain loops: the reference for every other level.
#include <algorithm>
#include <cmath>

#include "core/half.h"
#include "kernels/cpu/quantize/quantize.h"

namespace martlet {
namespace {

template <class T>
void integers(const QuantizeRows& q) noexcept {
  for (std::size_t row = 0; row < q.rows; ++row) {
    const float* x = q.x + row * q.stride;
    T* out = reinterpret_cast<T*>(static_cast<char*>(q.out) + row * q.out_stride);
    const auto value = [&](std::size_t i) {
      return q.factor == nullptr ? x[i] : x[i] * q.factor[i];
    };
    float low = 0;
    float high = 0;
    for (std::size_t i = 0; i < q.n; ++i) {
      low = std::min(low, value(i));
      high = std::max(high, value(i));
    }
    const float inverse = high > low ? 255.0F / (high - low) : 0.0F;
    const float zero = std::nearbyint(-low * inverse);
    for (std::size_t i = 0; i < q.n; ++i) {
      out[i] = static_cast<T>(std::clamp(std::nearbyint(value(i) * inverse + zero), 0.0F, 255.0F));
    }
    q.scale[row] = (high - low) / 255.0F;
    q.offset[row] = -zero * q.scale[row];
  }
}

void bf16(const QuantizeRows& q) noexcept {
  for (std::size_t row = 0; row < q.rows; ++row) {
    const float* x = q.x + row * q.stride;
    auto* out = reinterpret_cast<std::uint16_t*>(static_cast<char*>(q.out) + row * q.out_stride);
    for (std::size_t i = 0; i < q.n; ++i) out[i] = float_to_bfloat16(x[i]);
  }
}

}  // namespace

const QuantizeKernels kQuantizeScalar{&integers<std::uint8_t>, &integers<std::uint16_t>, &bf16};

}  // namespace martlet
