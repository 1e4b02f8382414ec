// Attention with bf16 tile products and an fp32 softmax, for head sizes that are multiples of 32.
//
// Per call K and V are packed once into tiles of B: K^T in pairs of head elements (a transpose of
// 32-bit pairs), V in pairs of keys. Then, for 16 queries at a time: scores = Q K^T into fp32,
// softmax to bf16 weights that stay unnormalized, context = weights V, divided by each row's sum on
// the way out. Short sequences and other head sizes go to the fp32 kernel, by rules that look at
// this sequence alone, so neighbours cannot change the bits.
#include <immintrin.h>

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/vec/amx.h"
#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/vec/math.h"
#include "kernels/cpu/vec/transpose.h"

namespace martlet {
namespace {

constexpr std::size_t kTile = 16;   // rows of a tile; fp32 columns of a tile
constexpr std::size_t kDepth = 32;  // bf16 products a tile sums
constexpr std::size_t kTileBytes = 1024;
constexpr std::size_t kFewestKeys = 17;  // below, packing costs more than tiles save

constexpr std::size_t padded(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// 32 floats as bf16, in order.
[[gnu::always_inline]] inline __m512i to_bf16(__m512 low, __m512 high) {
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/// The parts of the scratch, for one (sequence, head).
struct Layout {
  std::size_t keys;        // rounded up to kDepth
  std::size_t depths;      // tiles of the head's elements
  char* k_tiles;           // [keys / kTile][depths] tiles
  char* v_tiles;           // [keys / kDepth][head_dim / kTile] tiles
  std::uint16_t* query;    // [kTile, head_dim]
  float* scores;           // [kTile, keys]
  std::uint16_t* weights;  // [kTile, keys]
  float* context;          // [kTile, head_dim]

  Layout(const AttentionF32& t, char* at)
      : keys(padded(t.keys, kDepth)), depths(t.head_dim / kDepth) {
    const auto take = [&at](std::size_t bytes) {
      char* begin = at;
      at += bytes;
      return begin;
    };
    k_tiles = take(keys * t.head_dim * 2);
    v_tiles = take(keys * t.head_dim * 2);
    query = reinterpret_cast<std::uint16_t*>(take(kTile * t.head_dim * 2));
    scores = reinterpret_cast<float*>(take(kTile * keys * 4));
    weights = reinterpret_cast<std::uint16_t*>(take(kTile * keys * 2));
    context = reinterpret_cast<float*>(take(kTile * t.head_dim * 4));
  }
};

std::size_t scratch(std::size_t keys, std::size_t head_dim) noexcept {
  const std::size_t rounded = padded(keys, kDepth);
  const std::size_t bytes = rounded * head_dim * 4 + kTile * (head_dim * 6 + rounded * 6) + 64;
  const std::size_t fallback = kAttentionAvx512.scratch(keys, head_dim);
  return bytes / 4 > fallback ? bytes / 4 : fallback;
}

void pack_keys(const AttentionF32& t, const Layout& layout) {
  for (std::size_t key = 0; key < layout.keys; key += kTile) {
    for (std::size_t depth = 0; depth < layout.depths; ++depth) {
      __m512i rows[kTile];
#pragma unroll
      for (std::size_t i = 0; i < kTile; ++i) {
        const float* from = t.k + (key + i) * t.kv_stride + depth * kDepth;
        rows[i] = key + i < t.keys ? to_bf16(Vec512::load(from), Vec512::load(from + kTile))
                                   : _mm512_setzero_si512();
      }
      transpose(rows);
      char* tile = layout.k_tiles + (key / kTile * layout.depths + depth) * kTileBytes;
#pragma unroll
      for (std::size_t i = 0; i < kTile; ++i) _mm512_store_si512(tile + i * 64, rows[i]);
    }
  }
}

void pack_values(const AttentionF32& t, const Layout& layout) {
  // Word i of the first row beside word i of the second.
  alignas(64) static constexpr std::uint16_t kPairs[32] = {0,  16, 1,  17, 2,  18, 3,  19,
                                                           4,  20, 5,  21, 6,  22, 7,  23,
                                                           8,  24, 9,  25, 10, 26, 11, 27,
                                                           12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i pairs = _mm512_load_si512(kPairs);
  const std::size_t columns = t.head_dim / kTile;
  for (std::size_t key = 0; key < layout.keys; key += 2) {
    char* row = layout.v_tiles + key / kDepth * columns * kTileBytes + key % kDepth / 2 * 64;
    for (std::size_t column = 0; column < columns; ++column) {
      const float* from = t.v + key * t.kv_stride + column * kTile;
      const __m512 even = key < t.keys ? Vec512::load(from) : Vec512::zero();
      const __m512 odd = key + 1 < t.keys ? Vec512::load(from + t.kv_stride) : Vec512::zero();
      _mm512_store_si512(
          row + column * kTileBytes, _mm512_permutexvar_epi16(pairs, to_bf16(even, odd))
      );
    }
  }
}

/// 2^(x - largest) of one row as bf16, zeros past `keys`; returns the sum before rounding.
float softmax(const float* scores, std::uint16_t* weights, std::size_t keys, std::size_t rounded) {
  const std::size_t whole = keys / kDepth * kDepth;
  const std::size_t rest = keys - whole;
  const auto low_lanes = static_cast<__mmask16>(rest >= kTile ? 0xFFFFU : (1U << rest) - 1U);
  const auto high_lanes = static_cast<__mmask16>(rest > kTile ? (1U << (rest - kTile)) - 1U : 0U);
  __m512 most = _mm512_set1_ps(-3e38F);
  for (std::size_t i = 0; i < whole; i += kTile)
    most = _mm512_max_ps(most, Vec512::load(scores + i));
  if (rest != 0) {
    most = _mm512_mask_max_ps(most, low_lanes, most, Vec512::load(scores + whole));
    most = _mm512_mask_max_ps(most, high_lanes, most, Vec512::load(scores + whole + kTile));
  }
  const __m512 largest = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  const auto weigh = [&](std::size_t i) {
    return VecMath<Vec512>::exp2_low(_mm512_sub_ps(Vec512::load(scores + i), largest));
  };
  __m512 low_sum = _mm512_setzero_ps();
  __m512 high_sum = _mm512_setzero_ps();
  for (std::size_t i = 0; i < whole; i += kDepth) {
    const __m512 low = weigh(i);
    const __m512 high = weigh(i + kTile);
    low_sum = _mm512_add_ps(low_sum, low);
    high_sum = _mm512_add_ps(high_sum, high);
    _mm512_store_si512(weights + i, to_bf16(low, high));
  }
  if (whole != rounded) {
    const __m512 low = _mm512_maskz_mov_ps(low_lanes, weigh(whole));
    const __m512 high = _mm512_maskz_mov_ps(high_lanes, weigh(whole + kTile));
    low_sum = _mm512_add_ps(low_sum, low);
    high_sum = _mm512_add_ps(high_sum, high);
    _mm512_store_si512(weights + whole, to_bf16(low, high));
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(low_sum, high_sum));
}

/// scores = query K^T, two tiles of keys at a time.
void multiply_keys(const Layout& layout, std::size_t head_dim) {
  for (std::size_t key = 0; key < layout.keys; key += 2 * kTile) {
    const char* tiles = layout.k_tiles + key / kTile * layout.depths * kTileBytes;
    _tile_zero(0);
    _tile_zero(1);
    for (std::size_t depth = 0; depth < layout.depths; ++depth) {
      _tile_loadd(4, layout.query + depth * kDepth, head_dim * 2);
      _tile_loadd(6, tiles + depth * kTileBytes, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, tiles + (layout.depths + depth) * kTileBytes, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    _tile_stored(0, layout.scores + key, layout.keys * 4);
    _tile_stored(1, layout.scores + key + kTile, layout.keys * 4);
  }
}

/// context = weights V, 32 columns at a time.
void multiply_values(const Layout& layout, std::size_t head_dim) {
  const std::size_t columns = head_dim / kTile;
  for (std::size_t column = 0; column < columns; column += 2) {
    _tile_zero(0);
    _tile_zero(1);
    for (std::size_t key = 0; key < layout.keys; key += kDepth) {
      const char* tiles = layout.v_tiles + (key / kDepth * columns + column) * kTileBytes;
      _tile_loadd(4, layout.weights + key, layout.keys * 2);
      _tile_loadd(6, tiles, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, tiles + kTileBytes, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    _tile_stored(0, layout.context + column * kTile, head_dim * 4);
    _tile_stored(1, layout.context + (column + 1) * kTile, head_dim * 4);
  }
}

/// Queries [query, query + count), count <= 16. Rows past count hold what was there before and are
/// dropped.
void attend(const AttentionF32& t, const Layout& layout, std::size_t query, std::size_t count) {
  const __m512 scale = _mm512_set1_ps(t.scale * 1.44269504F);  // scores in powers of 2
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < t.head_dim; i += kDepth) {
      const float* from = t.q + (query + r) * t.q_stride + i;
      const __m512i words = to_bf16(
          _mm512_mul_ps(Vec512::load(from), scale), _mm512_mul_ps(Vec512::load(from + kTile), scale)
      );
      _mm512_store_si512(layout.query + r * t.head_dim + i, words);
    }
  }
  multiply_keys(layout, t.head_dim);
  float inverse[kTile];
  for (std::size_t r = 0; r < count; ++r) {
    inverse[r] = 1.0F / softmax(
                            layout.scores + r * layout.keys, layout.weights + r * layout.keys,
                            t.keys, layout.keys
                        );
  }
  multiply_values(layout, t.head_dim);
  for (std::size_t r = 0; r < count; ++r) {
    const __m512 factor = _mm512_set1_ps(inverse[r]);
    for (std::size_t i = 0; i < t.head_dim; i += kTile) {
      const __m512 value = _mm512_mul_ps(Vec512::load(layout.context + r * t.head_dim + i), factor);
      Vec512::store(t.out + (query + r) * t.out_stride + i, value);
    }
  }
}

void bf16(const AttentionF32& t) noexcept {
  if (t.keys < kFewestKeys || t.head_dim % kDepth != 0 || t.bias != nullptr)
    return kAttentionAvx512Low.f32(t);
  configure_tiles();
  const auto address = (reinterpret_cast<std::uintptr_t>(t.scratch) + 63) / 64 * 64;
  const Layout layout(t, reinterpret_cast<char*>(address));
  pack_keys(t, layout);
  pack_values(t, layout);
  for (std::size_t query = 0; query < t.queries; query += kTile) {
    attend(t, layout, query, t.queries - query < kTile ? t.queries - query : kTile);
  }
  _tile_release();
}

}  // namespace

const AttentionKernels kAttentionAmx{&scratch, &bf16};

}  // namespace martlet
