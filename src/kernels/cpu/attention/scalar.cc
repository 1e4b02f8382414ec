// The contract in plain loops: the reference for every other level.
#include <algorithm>
#include <cmath>

#include "kernels/cpu/attention/attention.h"

namespace martlet {
namespace {

std::size_t scratch(std::size_t keys, std::size_t /*head_dim*/) noexcept { return keys; }

void one_head(const AttentionF32& t) {
  for (std::size_t query = 0; query < t.queries; ++query) {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(query) * t.bias_stride;
    float largest = -INFINITY;
    for (std::size_t key = 0; key < t.keys; ++key) {
      float product = 0;
      for (std::size_t i = 0; i < t.head_dim; ++i) {
        product += t.q[query * t.q_stride + i] * t.k[key * t.kv_stride + i];
      }
      t.scratch[key] = product * t.scale +
                       (t.bias == nullptr ? 0.0F : t.bias[row + static_cast<std::ptrdiff_t>(key)]);
      largest = std::max(largest, t.scratch[key]);
    }
    float sum = 0;
    for (std::size_t key = 0; key < t.keys; ++key) {
      t.scratch[key] = std::exp(t.scratch[key] - largest);
      sum += t.scratch[key];
    }
    float* out = t.out + query * t.out_stride;
    std::fill(out, out + t.head_dim, 0.0F);
    for (std::size_t key = 0; key < t.keys; ++key) {
      for (std::size_t i = 0; i < t.head_dim; ++i)
        out[i] += t.scratch[key] * t.v[key * t.kv_stride + i];
    }
    for (std::size_t i = 0; i < t.head_dim; ++i) out[i] /= sum;
  }
}

void f32(const AttentionF32& attention) noexcept { for_each_head(attention, one_head); }

}  // namespace

const AttentionKernels kAttentionScalar{&scratch, &f32};

}  // namespace martlet
