// Softmax attention of one head over one sequence at its real length: no padding, no mask.
#pragma once

#include <cstddef>

namespace martlet {

struct AttentionF32 {
  const float* q = nullptr;  // [queries, head_dim], row stride q_stride
  std::size_t q_stride = 0;
  const float* k = nullptr;  // [keys, head_dim], row stride kv_stride
  const float* v = nullptr;  // likewise
  std::size_t kv_stride = 0;
  std::size_t queries = 0;
  std::size_t keys = 0;
  std::size_t head_dim = 0;
  /// Heads of one sequence, whose parts of q, of k and v, and of out begin so many floats after the
  /// head's before. `bias` is the same for all of them.
  std::size_t heads = 1;
  std::size_t q_head = 0;
  std::size_t kv_head = 0;
  std::size_t out_head = 0;
  float scale = 1;  // on the products, before softmax
  /// Added to the scaled product of a query and a key: bias[query * bias_stride + key]. As it is,
  /// what is added depends on how far the key is behind the query. Null: nothing is.
  const float* bias = nullptr;
  std::ptrdiff_t bias_stride = -1;
  float* out = nullptr;  // [queries, head_dim], row stride out_stride
  std::size_t out_stride = 0;
  float* scratch = nullptr;  // scratch(keys, head_dim) floats
};

/// Calls f with each head of `attention` as an attention of its own.
template <class F>
inline void for_each_head(const AttentionF32& attention, F&& f) {
  for (std::size_t head = 0; head < attention.heads; ++head) {
    AttentionF32 one = attention;
    one.heads = 1;
    one.q += head * attention.q_head;
    one.k += head * attention.kv_head;
    one.v += head * attention.kv_head;
    one.out += head * attention.out_head;
    f(one);
  }
}

struct AttentionKernels {
  /// Floats of scratch that a call with at most these sizes needs, however many its heads.
  std::size_t (*scratch)(std::size_t keys, std::size_t head_dim) noexcept;
  /// out = softmax(q k^T * scale) v. A query's result does not depend on the other queries or
  /// heads, to the bit.
  void (*f32)(const AttentionF32& attention) noexcept;
};

extern const AttentionKernels kAttentionScalar;
extern const AttentionKernels kAttentionAvx2;
extern const AttentionKernels kAttentionAvx512;
// For the bf16 and int8 precisions:
extern const AttentionKernels kAttentionAvx512Low;   // cheaper exponentials
extern const AttentionKernels kAttentionAvx512Vnni;  // products of 16-bit integers
extern const AttentionKernels kAttentionAmx;         // products in bf16

}  // namespace martlet
