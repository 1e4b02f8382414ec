// The contract in plain loops: the reference for every other level.
#include <cmath>

#include "kernels/cpu/layer_norm/layer_norm.h"

namespace martlet {
namespace {

void f32(const LayerNormF32& norm) noexcept {
  const auto count = static_cast<float>(norm.n);
  for (std::size_t row = 0; row < norm.rows; ++row) {
    const float* x = norm.x + row * norm.stride;
    float* out = norm.out + row * norm.stride;
    float sum = 0;
    for (std::size_t i = 0; i < norm.n; ++i) sum += x[i];
    const float mean = sum / count;
    float squares = 0;
    for (std::size_t i = 0; i < norm.n; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0F / std::sqrt(squares / count + norm.epsilon);
    for (std::size_t i = 0; i < norm.n; ++i)
      out[i] = (x[i] - mean) * inverse * norm.gamma[i] + norm.beta[i];
  }
}

void f32_to_u8(const LayerNormF32& norm, const QuantizeRows& rows) noexcept {
  f32(norm);
  kQuantizeScalar.u8(rows);
}

}  // namespace

const LayerNormKernels kLayerNormScalar{&f32, &f32_to_u8};

}  // namespace martlet
