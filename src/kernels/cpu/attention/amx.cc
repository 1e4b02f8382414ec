// Attention with bf16 tile products and an fp32 softmax, for head sizes that are multiples of 32.
//
// Per call K and V are packed once into tiles of B: K^T in pairs of head elements (a transpose of
// 32-bit pairs), V in pairs of keys. Then, for 16 queries at a time: scores = Q K^T into fp32,
// softmax to bf16 weights that stay unnormalized, context = weights V, divided by each row's sum on
// the way out. Short sequences and other head sizes go to the fp32 kernel, by rules that look at this
// sequence alone, so neighbours cannot change the bits.
#include <immintrin.h>

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/vec/avx512.h"
#include "kernels/cpu/vec/math.h"

namespace martlet {
namespace {

constexpr std::size_t kTile = 16;   // rows of a tile; fp32 columns of a tile
constexpr std::size_t kDepth = 32;  // bf16 products a tile sums
constexpr std::size_t kTileBytes = 1024;
constexpr std::size_t kFewestKeys = 33;  // below, packing costs more than tiles save

constexpr std::size_t padded(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// 32 floats as bf16.
__m512i to_bf16(const float* p, float scale) {
  alignas(64) std::uint16_t words[kDepth];
  Vec512::store_bf16(words, Vec512::mul(Vec512::load(p), Vec512::set(scale)));
  Vec512::store_bf16(words + kTile, Vec512::mul(Vec512::load(p + kTile), Vec512::set(scale)));
  return _mm512_load_si512(words);
}

/// Transposes 16 x 16 32-bit elements in place.
void transpose(__m512i (&row)[kTile]) {
  __m512i t[kTile];
#pragma unroll
  for (std::size_t i = 0; i < kTile; i += 2) {
    t[i] = _mm512_unpacklo_epi32(row[i], row[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(row[i], row[i + 1]);
  }
#pragma unroll
  for (std::size_t i = 0; i < kTile; i += 4) {
    row[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    row[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    row[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    row[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma unroll
  for (std::size_t i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(row[i], row[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(row[i], row[i + 4], 0xDD);
    t[i + 8] = _mm512_shuffle_i32x4(row[i + 8], row[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(row[i + 8], row[i + 12], 0xDD);
  }
#pragma unroll
  for (std::size_t i = 0; i < 4; ++i) {
    row[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    row[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
    row[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    row[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
  }
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
        rows[i] = key + i < t.keys ? to_bf16(from, 1) : _mm512_setzero_si512();
      }
      transpose(rows);
      char* tile = layout.k_tiles + (key / kTile * layout.depths + depth) * kTileBytes;
#pragma unroll
      for (std::size_t i = 0; i < kTile; ++i) _mm512_store_si512(tile + i * 64, rows[i]);
    }
  }
}

/// Rounded bf16 in the upper half of each lane.
__m512i upper_bf16(const float* p) {
  const __m512i bits = _mm512_loadu_si512(p);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  return _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
}

void pack_values(const AttentionF32& t, const Layout& layout) {
  const std::size_t columns = t.head_dim / kTile;
  for (std::size_t key = 0; key < layout.keys; key += 2) {
    char* row = layout.v_tiles + key / kDepth * columns * kTileBytes + key % kDepth / 2 * 64;
    for (std::size_t column = 0; column < columns; ++column) {
      const float* from = t.v + key * t.kv_stride + column * kTile;
      const __m512i even = key < t.keys ? upper_bf16(from) : _mm512_setzero_si512();
      const __m512i odd =
          key + 1 < t.keys ? upper_bf16(from + t.kv_stride) : _mm512_setzero_si512();
      const __m512i pairs = _mm512_or_si512(
          _mm512_srli_epi32(even, 16),
          _mm512_and_si512(odd, _mm512_set1_epi32(static_cast<int>(0xFFFF0000U)))
      );
      _mm512_store_si512(row + column * kTileBytes, pairs);
    }
  }
}

/// e^(x - largest) of one row as bf16, zeros past `keys`; returns the sum of what was stored before
/// rounding.
float softmax(const float* scores, std::uint16_t* weights, std::size_t keys, std::size_t rounded) {
  __m512 most = _mm512_set1_ps(-3e38F);
  std::size_t i = 0;
  for (; i + kTile <= keys; i += kTile) most = _mm512_max_ps(most, Vec512::load(scores + i));
  const std::size_t rest = keys - i;
  const auto tail = static_cast<__mmask16>((1U << rest) - 1U);
  most = _mm512_mask_max_ps(most, tail, most, _mm512_maskz_loadu_ps(tail, scores + i));
  const __m512 largest = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  __m512 sum = _mm512_setzero_ps();
  for (i = 0; i + kTile <= keys; i += kTile) {
    const __m512 e = VecMath<Vec512>::exp(_mm512_sub_ps(Vec512::load(scores + i), largest));
    sum = _mm512_add_ps(sum, e);
    Vec512::store_bf16(weights + i, e);
  }
  for (; i < rounded; i += kTile) {
    const auto valid = i < keys ? tail : static_cast<__mmask16>(0);
    const __m512 e = _mm512_maskz_mov_ps(
        valid, VecMath<Vec512>::exp(_mm512_sub_ps(Vec512::load(scores + i), largest))
    );
    sum = _mm512_add_ps(sum, e);
    Vec512::store_bf16(weights + i, e);
  }
  return _mm512_reduce_add_ps(sum);
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
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < t.head_dim; i += kDepth) {
      _mm512_store_si512(
          layout.query + r * t.head_dim + i, to_bf16(t.q + (query + r) * t.q_stride + i, t.scale)
      );
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
  if (t.keys < kFewestKeys || t.head_dim % kDepth != 0) return kAttentionAvx512.f32(t);
  const TileConfig config;
  _tile_loadconfig(&config);
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
