// Attention with a query in every lane.
//
// Sixteen queries, or twice sixteen, lie across the lanes of registers, so that a key or a value is
// a broadcast from memory, the softmax runs down the lanes without any reduction across them, and
// neither K nor V is copied. Q is transposed on the way in and the context on the way out.
//
// Scratch: [head_dim][queries] for Q^T and later the context, [keys][queries] for scores.
#pragma once

#include <algorithm>

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/attention/columns.h"
#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/vec/math.h"
#include "kernels/cpu/vec/transpose.h"

namespace martlet {
namespace {

/// kExact: exponentials to fp32's precision; else to 7.5e-5.
template <bool kExact>
class LaneAttention {
 public:
  static constexpr bool takes(std::size_t head_dim) { return head_dim % kLanes == 0; }

  static constexpr std::size_t scratch(std::size_t keys, std::size_t head_dim) {
    return (keys + head_dim) * 2 * kLanes + kLanes;
  }

  static void run(const AttentionF32& attention) { for_each_head(attention, run_head); }

 private:
  static void run_head(const AttentionF32& t) {
    const auto address = (reinterpret_cast<std::uintptr_t>(t.scratch) + 63) / 64 * 64;
    auto* columns = reinterpret_cast<float*>(address);
    for (std::size_t query = 0; query < t.queries;) {
      const std::size_t left = t.queries - query;
      if (left > kLanes) {
        Block<2>{t, query, std::min(left, 2 * kLanes), columns}.run();
        query += 2 * kLanes;
      } else {
        Block<1>{t, query, left, columns}.run();
        query += kLanes;
      }
    }
  }

  /// Queries [query, query + count), in kVecs registers. Every lane goes through the same
  /// operations in the same order, whatever kVecs is.
  template <std::size_t kVecs>
  struct Block {
    static constexpr std::size_t kWidth = kVecs * kLanes;
    /// Keys, or elements of values, whose sums are in registers at once: enough of them to hide the
    /// latency of a multiply-add.
    static constexpr std::size_t kSums = 8;

    const AttentionF32& t;
    std::size_t query;
    std::size_t count;
    float* columns;  // [head_dim][kWidth]
    float* scores = columns + t.head_dim * kWidth;

    void run() const {
      transpose_queries();
      multiply_keys();
      if (t.bias != nullptr) add_bias();
      softmax();
      multiply_values();
      transpose_context();
    }

    /// Q^T times the scale, so that scores come out scaled; powers of 2 are taken where not exact.
    void transpose_queries() const {
      const __m512 scale = _mm512_set1_ps(kExact ? t.scale : t.scale * 1.44269504F);
      load_columns<kVecs>(
          t.q + query * t.q_stride, t.q_stride, count, t.head_dim, columns,
          [scale](__m512 q) { return _mm512_mul_ps(q, scale); }
      );
    }

    void multiply_keys() const {
      std::size_t key = 0;
      for (; key + kSums <= t.keys; key += kSums) multiply_some_keys<kSums>(key);
      for (; key < t.keys; ++key) multiply_some_keys<1>(key);
    }

    template <std::size_t kKeys>
    [[gnu::always_inline]] void multiply_some_keys(std::size_t key) const {
      const std::size_t stride = t.kv_stride;
      const std::size_t head_dim = t.head_dim;
      const float* k = t.k + key * stride;
      const float* q_column = columns;
      __m512 sum[kKeys][kVecs];
      clear(sum);
      for (std::size_t d = 0; d < head_dim; ++d, q_column += kWidth) {
        __m512 q[kVecs];
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) q[v] = _mm512_load_ps(q_column + v * kLanes);
#pragma unroll
        for (std::size_t i = 0; i < kKeys; ++i) {
          const __m512 element = _mm512_set1_ps(k[i * stride + d]);
#pragma unroll
          for (std::size_t v = 0; v < kVecs; ++v)
            sum[i][v] = _mm512_fmadd_ps(q[v], element, sum[i][v]);
        }
      }
      store(sum, scores + key * kWidth);
    }

    /// Sixteen keys of sixteen queries at a time, transposed. Lanes past `count` repeat the last
    /// query.
    void add_bias() const {
      const __m512 unit = _mm512_set1_ps(kExact ? 1.0F : 1.44269504F);
      for (std::size_t key = 0; key < t.keys; key += kLanes) {
        const std::size_t keys = std::min(kLanes, t.keys - key);
        const auto there = static_cast<__mmask16>((1U << keys) - 1U);
        for (std::size_t v = 0; v < kVecs; ++v) {
          __m512i rows[kLanes];
#pragma unroll
          for (std::size_t i = 0; i < kLanes; ++i) {
            const auto row = std::ptrdiff_t(query + std::min(v * kLanes + i, count - 1));
            rows[i] = _mm512_castps_si512(
                _mm512_maskz_loadu_ps(there, t.bias + row * t.bias_stride + std::ptrdiff_t(key))
            );
          }
          transpose(rows);
          float* column = scores + key * kWidth + v * kLanes;
          for (std::size_t i = 0; i < keys; ++i) {
            float* score = column + i * kWidth;
            const __m512 added = _mm512_castsi512_ps(rows[i]);
            _mm512_store_ps(score, _mm512_fmadd_ps(added, unit, _mm512_load_ps(score)));
          }
        }
      }
    }

    /// Scores to weights that sum to 1.
    void softmax() const {
      const std::size_t keys = t.keys;
      for (std::size_t v = 0; v < kVecs; ++v) {
        float* column = scores + v * kLanes;
        __m512 largest = _mm512_load_ps(column);
        for (std::size_t key = 1; key < keys; ++key)
          largest = _mm512_max_ps(largest, _mm512_load_ps(column + key * kWidth));
        __m512 sum = _mm512_setzero_ps();
        for (std::size_t key = 0; key < keys; ++key) {
          const __m512 x = _mm512_sub_ps(_mm512_load_ps(column + key * kWidth), largest);
          const __m512 e = kExact ? VecMath<Vec512>::exp(x) : VecMath<Vec512>::exp2_low(x);
          _mm512_store_ps(column + key * kWidth, e);
          sum = _mm512_add_ps(sum, e);
        }
        const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1.0F), sum);
        for (std::size_t key = 0; key < keys; ++key) {
          float* weight = column + key * kWidth;
          _mm512_store_ps(weight, _mm512_mul_ps(_mm512_load_ps(weight), inverse));
        }
      }
    }

    /// The context's columns, over those of Q.
    void multiply_values() const {
      const std::size_t stride = t.kv_stride;
      const std::size_t keys = t.keys;
      for (std::size_t d = 0; d < t.head_dim; d += kSums) {
        const float* value = t.v + d;
        const float* weights = scores;
        __m512 sum[kSums][kVecs];
        clear(sum);
        for (std::size_t key = 0; key < keys; ++key, value += stride, weights += kWidth) {
          __m512 weight[kVecs];
#pragma unroll
          for (std::size_t v = 0; v < kVecs; ++v) weight[v] = _mm512_load_ps(weights + v * kLanes);
#pragma unroll
          for (std::size_t i = 0; i < kSums; ++i) {
            const __m512 element = _mm512_set1_ps(value[i]);
#pragma unroll
            for (std::size_t v = 0; v < kVecs; ++v)
              sum[i][v] = _mm512_fmadd_ps(weight[v], element, sum[i][v]);
          }
        }
        store(sum, columns + d * kWidth);
      }
    }

    void transpose_context() const {
      float* out = t.out + query * t.out_stride;
      store_columns<kVecs>(columns, t.head_dim, count, out, t.out_stride);
    }

    template <std::size_t kRows>
    [[gnu::always_inline]] static void clear(__m512 (&sum)[kRows][kVecs]) {
#pragma unroll
      for (std::size_t i = 0; i < kRows; ++i) {
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = _mm512_setzero_ps();
      }
    }

    template <std::size_t kRows>
    [[gnu::always_inline]] static void store(const __m512 (&sum)[kRows][kVecs], float* to) {
#pragma unroll
      for (std::size_t i = 0; i < kRows; ++i) {
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v)
          _mm512_store_ps(to + i * kWidth + v * kLanes, sum[i][v]);
      }
    }
  };
};

}  // namespace
}  // namespace martlet
