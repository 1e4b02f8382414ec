// Attention with bf16 tile products and an fp32 softmax, for head sizes that are multiples of 32.
//
// Per call K and V are packed once into tiles of B: K^T in pairs of head elements (a transpose of
// 32-bit pairs), V in pairs of keys. Then, for 16 queries at a time: scores = Q K^T into fp32,
// weights = 2^scores in bf16, context = weights V, divided by each row's sum on the way out; the
// sums are one more product, by ones. Nothing is subtracted from the scores first, since bf16 and
// fp32 have exponents to spare: only rows whose sum shows that they had not are done again with
// their largest score taken off. Short sequences and other head sizes go to the fp32 kernel, by
// rules that look at this sequence alone, so neighbours cannot change the bits.
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

/// A tile of B whose products are sums.
struct alignas(64) Ones {
  std::uint16_t words[kTileBytes / 2];
  constexpr Ones() : words() {
    for (std::uint16_t& word : words) word = 0x3F80;
  }
};
constexpr Ones kOnes;

/// Sums outside are of rows whose weights may have left the range of bf16. Inside, what was rounded
/// to zero was less than 2^-26 of the sum.
constexpr float kLeastSum = 0x1p-90F;
constexpr float kMostSum = 0x1p90F;

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
  float* sums;             // [kTile, kTile]: of a row's weights, in every column
  std::uintptr_t end;      // the address after them all

  /// `at`: where the parts begin, a multiple of 64.
  Layout(std::size_t key_count, std::size_t head_dim, std::uintptr_t at)
      : keys(padded(key_count, kDepth)), depths(head_dim / kDepth) {
    const auto take = [&at]<class T>(T*& part, std::size_t count) {
      part = reinterpret_cast<T*>(at);
      at += count * sizeof(T);
    };
    take(k_tiles, keys * head_dim * 2);
    take(v_tiles, keys * head_dim * 2);
    take(query, kTile * head_dim);
    take(scores, kTile * keys);
    take(weights, kTile * keys);
    take(context, kTile * head_dim);
    take(sums, kTile * kTile);
    end = at;
  }
};

std::size_t scratch(std::size_t keys, std::size_t head_dim) noexcept {
  const std::size_t bytes = Layout(keys, head_dim, 0).end + 64;  // to begin at a multiple of 64
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

/// 2^x to 7.5e-5 relative, a fiftieth of what bf16 rounds away: a cubic fitted to 2^f on [0, 1].
[[gnu::always_inline]] inline __m512 power_of_2(__m512 x) {
  const __m512 f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  return _mm512_scalef_ps(
      VecMath<Vec512>::polynomial(
          f, {7.802428e-02F, 2.260672740e-01F, 6.958336270e-01F, 9.999251810e-01F}
      ),
      x
  );
}

/// 2^(scores * scale) of one row as bf16, zeros past `keys`.
void weigh(const float* scores, __m512 scale, std::uint16_t* weights, std::size_t keys) {
  const auto power = [&](std::size_t i) {
    return power_of_2(_mm512_mul_ps(Vec512::load(scores + i), scale));
  };
  const auto powers = [&](std::size_t i) { return to_bf16(power(i), power(i + kTile)); };
  const std::size_t whole = keys / kDepth * kDepth;
  for (std::size_t i = 0; i < whole; i += kDepth) _mm512_store_si512(weights + i, powers(i));
  if (whole == keys) return;
  const auto rest = static_cast<__mmask32>((1U << (keys - whole)) - 1U);
  _mm512_store_si512(weights + whole, _mm512_maskz_mov_epi16(rest, powers(whole)));
}

/// The weights of one of a block's rows, from its scores.
void weigh_row(const AttentionF32& t, const Layout& layout, std::size_t row) {
  const __m512 scale = _mm512_set1_ps(t.scale * 1.44269504F);  // softmax has powers of e
  const std::size_t first = row * layout.keys;
  weigh(layout.scores + first, scale, layout.weights + first, t.keys);
}

/// Takes the largest of a row's scores off all of them.
void subtract_largest(float* scores, std::size_t keys) {
  float largest = scores[0];
  for (std::size_t i = 1; i < keys; ++i) largest = scores[i] > largest ? scores[i] : largest;
  for (std::size_t i = 0; i < keys; ++i) scores[i] -= largest;
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

/// context = weights V, 32 columns at a time, and the sums of the weights. Tile 3 holds the ones.
void multiply_values(const Layout& layout, std::size_t head_dim) {
  const std::size_t columns = head_dim / kTile;
  for (std::size_t column = 0; column < columns; column += 2) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    for (std::size_t key = 0; key < layout.keys; key += kDepth) {
      const char* tiles = layout.v_tiles + (key / kDepth * columns + column) * kTileBytes;
      _tile_loadd(4, layout.weights + key, layout.keys * 2);
      _tile_loadd(6, tiles, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, tiles + kTileBytes, 64);
      _tile_dpbf16ps(1, 4, 7);
      if (column == 0) _tile_dpbf16ps(2, 4, 3);
    }
    if (column == 0) _tile_stored(2, layout.sums, 64);
    _tile_stored(0, layout.context + column * kTile, head_dim * 4);
    _tile_stored(1, layout.context + (column + 1) * kTile, head_dim * 4);
  }
}

/// Queries [query, query + count) as bf16.
void load_queries(
    const AttentionF32& t, const Layout& layout, std::size_t query, std::size_t count
) {
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < t.head_dim; i += kDepth) {
      const float* from = t.q + (query + r) * t.q_stride + i;
      const __m512i words = to_bf16(Vec512::load(from), Vec512::load(from + kTile));
      _mm512_store_si512(layout.query + r * t.head_dim + i, words);
    }
  }
}

/// The rows whose weights may have left the range of bf16, again.
void repair(const AttentionF32& t, const Layout& layout, std::size_t count) {
  bool any = false;
  for (std::size_t r = 0; r < count; ++r) {
    const float sum = layout.sums[r * kTile];
    if (sum >= kLeastSum && sum <= kMostSum) continue;  // not so if NaN
    any = true;
    subtract_largest(layout.scores + r * layout.keys, t.keys);
    weigh_row(t, layout, r);
  }
  if (any) multiply_values(layout, t.head_dim);
}

/// Queries [query, query + count), count <= 16. Rows past count hold what was there before and are
/// dropped.
void attend(const AttentionF32& t, const Layout& layout, std::size_t query, std::size_t count) {
  load_queries(t, layout, query, count);
  multiply_keys(layout, t.head_dim);
  for (std::size_t r = 0; r < count; ++r) weigh_row(t, layout, r);
  multiply_values(layout, t.head_dim);
  repair(t, layout, count);
  for (std::size_t r = 0; r < count; ++r) {
    const __m512 sum = Vec512::load(layout.sums + r * kTile);
    const __m512 factor = _mm512_div_ps(_mm512_set1_ps(1.0F), sum);
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
  _tile_loadd(3, kOnes.words, 64);
  const auto address = (reinterpret_cast<std::uintptr_t>(t.scratch) + 63) / 64 * 64;
  const Layout layout(t.keys, t.head_dim, address);
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
