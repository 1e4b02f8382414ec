// Attention in 16-bit integers with vpdpwssd: 32 products an instruction, twice those of fp32, at
// more than bf16's precision.
//
// A query in every lane, as in lanes.h. Each query row is scaled to integers by its own largest
// magnitude, K and V of a sequence's head by theirs, softmax's weights by 4096; sums are exact in
// int32. Two elements lie in a lane: elements 16 apart of a query and of a key, two keys' weights
// and two keys' values.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/attention/columns.h"
#include "kernels/cpu/vec/math.h"

namespace martlet {
namespace {

constexpr std::size_t kPairs = 2 * kLanes;  // elements of a head come in so many
constexpr std::size_t kFewestKeys = 24;     // fewer are not worth the packing
constexpr std::size_t kMostKeys = 2048;     // of more, values would have less than eight bits
constexpr int kWeightBits = 12;
constexpr float kLeastMagnitude = 1e-30F;  // what is smaller is taken to be 0
constexpr std::uint32_t kInfinity = 0x7F800000;

std::size_t padded(std::size_t keys) { return (keys + kLanes - 1) / kLanes * kLanes; }

/// To integers and back.
struct Scale {
  float up = 0;
  float down = 0;

  Scale(float largest, float limit) {
    if (largest <= kLeastMagnitude) return;
    up = limit / largest;
    down = largest / limit;
  }
};

/// Sums of n products of integers up to this stay below 2^30, so that differences of such sums do
/// not overflow.
float factor_limit(std::size_t n) {
  return std::floor(std::sqrt(static_cast<float>(1U << 30U) / static_cast<float>(n)));
}

/// Sums of weights times integers up to this stay below 2^31.
float value_limit(std::size_t keys) {
  constexpr float kMost = 1U << (31 - kWeightBits);
  return std::min(4095.0F, std::floor(kMost / static_cast<float>(keys)) - 1);
}

/// Bits of magnitudes have the magnitudes' order, with infinity and what is no number behind them.
[[gnu::always_inline]] inline __m512i magnitude(__m512i most, __m512 x) {
  const __m512i bits = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF));
  return _mm512_max_epi32(most, bits);
}

/// Each lane's words are those of `low` and of `high`.
[[gnu::always_inline]] inline __m512i pairs(__m512i low, __m512i high) {
  return _mm512_mask_mov_epi16(low, 0xAAAAAAAA, _mm512_slli_epi32(high, 16));
}

[[gnu::always_inline]] inline __m512i pairs(__m512 low, __m512 high) {
  return pairs(_mm512_cvtps_epi32(low), _mm512_cvtps_epi32(high));
}

/// sum + the products of a's and b's words, two in each lane. Clang would make two instructions of
/// the intrinsic.
[[gnu::always_inline]] inline __m512i dot(__m512i sum, __m512i a, __m512i b) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  return sum;
}

/// One head over one sequence.
class Head {
 public:
  static std::size_t scratch(std::size_t keys, std::size_t head_dim) {
    const std::size_t k = padded(keys) * head_dim / 2;
    const std::size_t v = (keys + 1) / 2 * head_dim;
    const std::size_t block = (head_dim + head_dim / 2 + padded(keys)) * 2 * kLanes;
    return k + v + block + kLanes;
  }

  explicit Head(const AttentionF32& attention)
      : t_(attention),
        half_(t_.head_dim / 2),
        limit_(factor_limit(t_.head_dim)),
        k_(reinterpret_cast<std::int32_t*>(
            (reinterpret_cast<std::uintptr_t>(t_.scratch) + 63) / 64 * 64
        )),
        v_(k_ + padded(t_.keys) * half_),
        columns_(reinterpret_cast<float*>(v_ + (t_.keys + 1) / 2 * t_.head_dim)),
        q_(reinterpret_cast<std::int32_t*>(columns_ + t_.head_dim * 2 * kLanes)),
        scores_(q_ + half_ * 2 * kLanes) {}

  /// False where K or V holds what is no finite number; nothing is written then.
  bool run() {
    const std::uint32_t k = largest(t_.k);
    const std::uint32_t v = largest(t_.v);
    if (k >= kInfinity || v >= kInfinity) return false;
    const Scale k_scale(std::bit_cast<float>(k), limit_);
    const Scale v_scale(std::bit_cast<float>(v), value_limit(t_.keys));
    pack_keys(k_scale.up);
    pack_values(v_scale.up);
    score_down_ = k_scale.down * t_.scale * 1.44269504F / limit_;  // to powers of 2
    value_down_ = v_scale.down;
    for (std::size_t query = 0; query < t_.queries; query += 2 * kLanes) {
      const std::size_t left = t_.queries - query;
      left > kLanes ? block<2>(query, std::min(left, 2 * kLanes)) : block<1>(query, left);
    }
    return true;
  }

 private:
  /// Vectors of sums that are in registers at once: enough of them to hide an instruction's
  /// latency.
  static constexpr std::size_t kSums = 16;

  /// The bits of the largest magnitude of K or V.
  [[nodiscard]] std::uint32_t largest(const float* rows) const {
    __m512i most = _mm512_setzero_si512();
    __m512i more = most;
    for (std::size_t key = 0; key < t_.keys; ++key, rows += t_.kv_stride) {
      for (std::size_t d = 0; d < t_.head_dim; d += kPairs) {
        most = magnitude(most, _mm512_loadu_ps(rows + d));
        more = magnitude(more, _mm512_loadu_ps(rows + d + kLanes));
      }
    }
    return _mm512_reduce_max_epu32(_mm512_max_epi32(most, more));
  }

  /// k_[key][head_dim / 2]; zeros for keys past the last.
  void pack_keys(float up) const {
    const __m512 factor = _mm512_set1_ps(up);
    const float* from = t_.k;
    std::int32_t* to = k_;
    for (std::size_t key = 0; key < t_.keys; ++key, from += t_.kv_stride) {
      for (std::size_t d = 0; d < t_.head_dim; d += kPairs, to += kLanes) {
        const __m512 low = _mm512_mul_ps(_mm512_loadu_ps(from + d), factor);
        const __m512 high = _mm512_mul_ps(_mm512_loadu_ps(from + d + kLanes), factor);
        _mm512_store_si512(to, pairs(low, high));
      }
    }
    std::fill(to, v_, 0);
  }

  /// v_[keys / 2][head_dim]; the last key may have none beside it.
  void pack_values(float up) const {
    const __m512 factor = _mm512_set1_ps(up);
    const float* from = t_.v;
    std::int32_t* to = v_;
    for (std::size_t key = 0; key < t_.keys; key += 2, from += 2 * t_.kv_stride) {
      const bool both = key + 1 < t_.keys;
      for (std::size_t d = 0; d < t_.head_dim; d += kLanes, to += kLanes) {
        const __m512 low = _mm512_mul_ps(_mm512_loadu_ps(from + d), factor);
        const __m512 high = both ? _mm512_mul_ps(_mm512_loadu_ps(from + t_.kv_stride + d), factor)
                                 : _mm512_setzero_ps();
        _mm512_store_si512(to, pairs(low, high));
      }
    }
  }

  /// Queries [query, query + count) in kVecs vectors. Every lane goes through the same operations,
  /// whatever kVecs is.
  template <std::size_t kVecs>
  void block(std::size_t query, std::size_t count) const {
    load_columns<kVecs>(
        t_.q + query * t_.q_stride, t_.q_stride, count, t_.head_dim, columns_,
        [](__m512 q) { return q; }
    );
    __m512 largest[kVecs];
    pack_queries<kVecs>(largest);
    multiply_keys<kVecs>();
    __m512 down[kVecs];
    for (std::size_t v = 0; v < kVecs; ++v) down[v] = weigh<kVecs>(v, largest[v]);
    multiply_values<kVecs>(down);
    store_columns<kVecs>(
        columns_, t_.head_dim, count, t_.out + query * t_.out_stride, t_.out_stride
    );
  }

  /// q_[head_dim / 2][kVecs * 16]; `largest`: each query's largest magnitude.
  template <std::size_t kVecs>
  [[gnu::noinline]] void pack_queries(__m512 (&largest)[kVecs]) const {
    constexpr std::size_t kWidth = kVecs * kLanes;
    for (std::size_t v = 0; v < kVecs; ++v) {
      const float* column = columns_ + v * kLanes;
      __m512i most = _mm512_setzero_si512();
      for (std::size_t d = 0; d < t_.head_dim; ++d)
        most = magnitude(most, _mm512_load_ps(column + d * kWidth));
      largest[v] = _mm512_castsi512_ps(most);
      const __mmask16 any =
          _mm512_cmp_ps_mask(largest[v], _mm512_set1_ps(kLeastMagnitude), _CMP_GT_OQ);
      const __m512 factor = _mm512_maskz_div_ps(any, _mm512_set1_ps(limit_), largest[v]);
      std::int32_t* to = q_ + v * kLanes;
      for (std::size_t d = 0; d < t_.head_dim; d += kPairs) {
        for (std::size_t i = d; i < d + kLanes; ++i, to += kWidth) {
          const __m512 low = _mm512_mul_ps(_mm512_load_ps(column + i * kWidth), factor);
          const __m512 high = _mm512_mul_ps(_mm512_load_ps(column + (i + kLanes) * kWidth), factor);
          _mm512_store_si512(to, pairs(low, high));
        }
      }
    }
  }

  /// scores_[key][kVecs * 16]
  template <std::size_t kVecs>
  [[gnu::noinline]] void multiply_keys() const {
    constexpr std::size_t kKeys = kSums / kVecs;
    for (std::size_t key = 0; key < t_.keys; key += kKeys)
      multiply<kVecs, kKeys>(
          q_, half_, k_ + key * half_, half_, 1,
          [to = scores_ + key * kVecs * kLanes](std::size_t i, std::size_t v, __m512i sum) {
            _mm512_store_si512(to + (i * kVecs + v) * kLanes, sum);
          }
      );
  }

  /// Scores to weights, two keys' in a lane: scores_[keys / 2][kVecs * 16]. Returns what their sums
  /// with values are multiplied by; no number for a query with elements that are none.
  template <std::size_t kVecs>
  [[gnu::noinline]] __m512 weigh(std::size_t v, __m512 query_largest) const {
    constexpr std::size_t kWidth = kVecs * kLanes;
    const std::int32_t* from = scores_ + v * kLanes;
    std::int32_t* to = scores_ + v * kLanes;
    __m512i most = _mm512_load_si512(from);
    for (std::size_t key = 1; key < t_.keys; ++key)
      most = _mm512_max_epi32(most, _mm512_load_si512(from + key * kWidth));
    const __m512 factor = _mm512_mul_ps(query_largest, _mm512_set1_ps(score_down_));
    const auto weight = [&](const std::int32_t* score) {
      const __m512 below = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_load_si512(score), most));
      return VecMath<Vec512>::exp2_low(
          _mm512_fmadd_ps(below, factor, _mm512_set1_ps(static_cast<float>(kWeightBits)))
      );
    };
    const __m512i ones = _mm512_set1_epi16(1);
    __m512i sum = _mm512_setzero_si512();
    std::size_t key = 0;
    for (; key + 2 <= t_.keys; key += 2, from += 2 * kWidth, to += kWidth) {
      const __m512i both = pairs(weight(from), weight(from + kWidth));
      sum = dot(sum, both, ones);
      _mm512_store_si512(to, both);
    }
    if (key < t_.keys) {
      const __m512i last = pairs(weight(from), _mm512_setzero_ps());
      sum = dot(sum, last, ones);
      _mm512_store_si512(to, last);
    }
    const __m512 down = _mm512_div_ps(_mm512_set1_ps(value_down_), _mm512_cvtepi32_ps(sum));
    return _mm512_fmadd_ps(query_largest, _mm512_setzero_ps(), down);
  }

  /// columns_[head_dim][kVecs * 16]
  template <std::size_t kVecs>
  [[gnu::noinline]] void multiply_values(const __m512 (&down)[kVecs]) const {
    constexpr std::size_t kElements = kSums / kVecs;
    for (std::size_t d = 0; d < t_.head_dim; d += kElements)
      multiply<kVecs, kElements>(
          scores_, (t_.keys + 1) / 2, v_ + d, 1, t_.head_dim,
          [&, to = columns_ + d * kVecs * kLanes](std::size_t i, std::size_t v, __m512i sum) {
            _mm512_store_ps(
                to + (i * kVecs + v) * kLanes, _mm512_mul_ps(_mm512_cvtepi32_ps(sum), down[v])
            );
          }
      );
  }

  /// Sum i, of kCount, is that of the vectors lanes[depth][kVecs * 16] times the pairs
  /// from[i * next + j * step], over j < depth.
  template <std::size_t kVecs, std::size_t kCount, class Store>
  [[gnu::always_inline]] static void multiply(
      const std::int32_t* lanes, std::size_t depth, const std::int32_t* from, std::size_t next,
      std::size_t step, const Store& store
  ) {
    __m512i sum[kCount][kVecs];
#pragma unroll
    for (std::size_t i = 0; i < kCount; ++i) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = _mm512_setzero_si512();
    }
    for (std::size_t j = 0; j < depth; ++j, lanes += kVecs * kLanes, from += step) {
      __m512i lane[kVecs];
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) lane[v] = _mm512_load_si512(lanes + v * kLanes);
#pragma unroll
      for (std::size_t i = 0; i < kCount; ++i) {
        const __m512i pair = _mm512_set1_epi32(from[i * next]);
#pragma unroll
        for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = dot(sum[i][v], lane[v], pair);
      }
    }
#pragma unroll
    for (std::size_t i = 0; i < kCount; ++i) {
#pragma unroll
      for (std::size_t v = 0; v < kVecs; ++v) store(i, v, sum[i][v]);
    }
  }

  const AttentionF32& t_;
  const std::size_t half_;  // pairs of a query or key
  const float limit_;       // of the integers of queries and keys
  std::int32_t* const k_;
  std::int32_t* const v_;
  float* const columns_;  // of queries, then of the context
  std::int32_t* const q_;
  std::int32_t* const scores_;  // and weights
  float score_down_ = 0;        // times a query's largest magnitude: from sums to powers of 2
  float value_down_ = 0;
};

std::size_t scratch(std::size_t keys, std::size_t head_dim) noexcept {
  return std::max(Head::scratch(keys, head_dim), kAttentionAvx512Low.scratch(keys, head_dim));
}

void s16(const AttentionF32& t) noexcept {
  const bool takes =
      t.keys >= kFewestKeys && t.keys <= kMostKeys && t.head_dim % kPairs == 0 && t.bias == nullptr;
  if (!takes) return kAttentionAvx512Low.f32(t);
  for_each_head(t, [](const AttentionF32& one) {
    if (!Head(one).run()) kAttentionAvx512Low.f32(one);
  });
}

}  // namespace

const AttentionKernels kAttentionAvx512Vnni{&scratch, &s16};

}  // namespace martlet
