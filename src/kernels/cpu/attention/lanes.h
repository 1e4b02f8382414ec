// Attention with a query in every lane, for the short sequences that most texts are.
//
// Sixteen queries lie across the lanes of a register, so that a key or a value is a broadcast from
// memory, the softmax runs down the lanes without any reduction across them, and neither K nor V is
// copied. Q is transposed on the way in and the context on the way out.
//
// Scratch: [head_dim][16] for Q^T, [keys][16] for scores.
#pragma once

#include <algorithm>

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/vec/math.h"
#include "kernels/cpu/vec/transpose.h"

namespace martlet {
namespace {

/// kExact: exponentials to fp32's precision; else to 7.5e-5.
template <bool kExact>
struct LaneAttention {
  static constexpr std::size_t kLanes = 16;
  /// Registers that hold sums: enough to hide the latency of a multiply-add.
  static constexpr std::size_t kKeys = 8;
  /// Beyond this many keys other kernels are faster.
  static constexpr std::size_t kMostKeys = 64;

  static constexpr bool takes(std::size_t keys, std::size_t head_dim) {
    return keys <= kMostKeys && head_dim % kLanes == 0;
  }

  static constexpr std::size_t scratch(std::size_t keys, std::size_t head_dim) {
    return (std::min(keys, kMostKeys) + head_dim) * kLanes + kLanes;
  }

  static void run(const AttentionF32& t) {
    const auto address = (reinterpret_cast<std::uintptr_t>(t.scratch) + 63) / 64 * 64;
    auto* q_columns = reinterpret_cast<float*>(address);
    float* scores = q_columns + t.head_dim * kLanes;
    for (std::size_t query = 0; query < t.queries; query += kLanes) {
      const std::size_t count = std::min(kLanes, t.queries - query);
      transpose_queries(t, query, count, q_columns);
      const __m512 inverse = softmax(scores, t.keys, multiply_keys(t, q_columns, scores));
      multiply_values(t, query, count, scores, inverse);
    }
  }

 private:
  /// Q^T times the scale, so that scores come out scaled; powers of 2 are taken where not exact.
  /// Lanes past `count` repeat the last query.
  static void transpose_queries(
      const AttentionF32& t, std::size_t query, std::size_t count, float* q_columns
  ) {
    const __m512 scale = _mm512_set1_ps(kExact ? t.scale : t.scale * 1.44269504F);
    for (std::size_t d = 0; d < t.head_dim; d += kLanes) {
      __m512i rows[kLanes];
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i) {
        const float* q = t.q + (query + std::min(i, count - 1)) * t.q_stride + d;
        rows[i] = _mm512_castps_si512(_mm512_mul_ps(_mm512_loadu_ps(q), scale));
      }
      transpose(rows);
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i)
        _mm512_store_si512(q_columns + (d + i) * kLanes, rows[i]);
    }
  }

  /// Writes the scores of every key and returns the largest of each lane.
  static __m512 multiply_keys(const AttentionF32& t, const float* q_columns, float* scores) {
    __m512 largest = _mm512_set1_ps(-3e38F);
    std::size_t key = 0;
    for (; key + kKeys <= t.keys; key += kKeys)
      largest = multiply_some_keys<kKeys>(t, q_columns, key, scores, largest);
    for (; key < t.keys; ++key) largest = multiply_some_keys<1>(t, q_columns, key, scores, largest);
    return largest;
  }

  template <std::size_t kCount>
  [[gnu::always_inline]] static __m512 multiply_some_keys(
      const AttentionF32& t, const float* q_columns, std::size_t key, float* scores, __m512 largest
  ) {
    const float* k = t.k + key * t.kv_stride;
    const std::size_t stride = t.kv_stride;
    const std::size_t head_dim = t.head_dim;
    __m512 sum[kCount];
#pragma unroll
    for (std::size_t i = 0; i < kCount; ++i) sum[i] = _mm512_setzero_ps();
    for (std::size_t d = 0; d < head_dim; ++d) {
      const __m512 q = _mm512_load_ps(q_columns + d * kLanes);
#pragma unroll
      for (std::size_t i = 0; i < kCount; ++i)
        sum[i] = _mm512_fmadd_ps(q, _mm512_set1_ps(k[i * stride + d]), sum[i]);
    }
#pragma unroll
    for (std::size_t i = 0; i < kCount; ++i) {
      _mm512_store_ps(scores + (key + i) * kLanes, sum[i]);
      largest = _mm512_max_ps(largest, sum[i]);
    }
    return largest;
  }

  /// Scores to weights, not normalized; returns 1 / their sum.
  static __m512 softmax(float* scores, std::size_t keys, __m512 largest) {
    __m512 sum = _mm512_setzero_ps();
    for (std::size_t key = 0; key < keys; ++key) {
      const __m512 x = _mm512_sub_ps(_mm512_load_ps(scores + key * kLanes), largest);
      const __m512 e = kExact ? VecMath<Vec512>::exp(x) : VecMath<Vec512>::exp2_low(x);
      _mm512_store_ps(scores + key * kLanes, e);
      sum = _mm512_add_ps(sum, e);
    }
    return _mm512_div_ps(_mm512_set1_ps(1.0F), sum);
  }

  static void multiply_values(
      const AttentionF32& t, std::size_t query, std::size_t count, const float* weights,
      __m512 inverse
  ) {
    for (std::size_t d = 0; d < t.head_dim; d += kLanes) {
      __m512 sum[kLanes];
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i) sum[i] = _mm512_setzero_ps();
      const float* v = t.v + d;
      for (std::size_t key = 0; key < t.keys; ++key, v += t.kv_stride) {
        const __m512 weight = _mm512_load_ps(weights + key * kLanes);
#pragma unroll
        for (std::size_t i = 0; i < kLanes; ++i)
          sum[i] = _mm512_fmadd_ps(weight, _mm512_set1_ps(v[i]), sum[i]);
      }
      __m512i rows[kLanes];
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i)
        rows[i] = _mm512_castps_si512(_mm512_mul_ps(sum[i], inverse));
      transpose(rows);
      float* out = t.out + query * t.out_stride + d;
#pragma unroll
      for (std::size_t i = 0; i < kLanes; ++i) {
        if (i < count) _mm512_storeu_si512(out + i * t.out_stride, rows[i]);
      }
    }
  }
};

}  // namespace
}  // namespace martlet
