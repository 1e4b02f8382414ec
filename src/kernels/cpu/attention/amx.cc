// Attention with bf16 tile products, for head sizes that are multiples of 32.
//
// A block is 16 queries of a head. Blocks go through in groups that fit L1, phase by phase: queries
// to bf16, scores = Q K^T into fp32, weights = 2^scores in bf16, context = weights V, divided by
// each row's sum on the way out; the sums are one more product, by ones. Phases, because tile
// products, and vectors that are read as tiles soon after they were written, wait for each other
// where they alternate. K and V are packed once a head into tiles of B: K^T in pairs of head
// elements (a transpose of 32-bit pairs), V in pairs of keys.
//
// Nothing is subtracted from the scores first, since bf16 and fp32 have exponents to spare: only
// rows that show that they had not are done again with their largest score taken off. Very short
// sequences and other head sizes go to the fp32 kernel, by rules that look at this sequence alone,
// so neighbours cannot change the bits.
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
constexpr std::size_t kFewestKeys = 5;      // below, packing costs more than tiles save
constexpr std::size_t kGroupScores = 1024;  // of a group's blocks; a block may have more

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

/// Scores are powers of 2 in steps of 1/128: whole ones are a bf16's exponent, the rest becomes its
/// seven bits of mantissa.
constexpr float kScoreSteps = 128 * 1.44269504F;  // in a power of e, which is what softmax has

/// Where weight `position` of 32 lies among the scores it was made of: two vectors of 32-bit scores
/// are packed into one of words lane by lane.
constexpr std::size_t key_at(std::size_t position) {
  return position / 8 * 4 + position % 4 + (position / 4 % 2) * kTile;
}

/// The row of a tile of V that holds keys `key` and the next, where key_at() puts their weights.
constexpr std::size_t pair_row(std::size_t key) {
  return key % kTile / 4 * 4 + key / kTile * 2 + key % 4 / 2;
}

/// Words of which key_at() is below `keys`.
constexpr __mmask32 weights_of(std::size_t keys) {
  __mmask32 mask = 0;
  for (std::size_t i = 0; i < kDepth; ++i) mask |= static_cast<__mmask32>(key_at(i) < keys) << i;
  return mask;
}

/// The parts of the scratch.
struct Layout {
  std::size_t keys;        // rounded up to kDepth
  std::size_t depths;      // tiles of the head's elements
  std::size_t row;         // from a row of scores to the next
  std::size_t words;       // from a row of weights to the next
  std::size_t blocks;      // of a group
  std::size_t heads;       // whose K and V are packed at once
  char* k_tiles;           // [heads][keys / kTile][depths] tiles
  char* v_tiles;           // [heads][keys / kDepth][head_dim / kTile] tiles
  std::uint16_t* query;    // [blocks][kTile, head_dim]
  float* scores;           // [blocks][kTile, keys]
  std::uint16_t* weights;  // [blocks][kTile, keys]
  float* context;          // [blocks][kTile, head_dim]
  float* sums;             // [blocks][kTile, kTile]: of a row's weights, in every column
  std::uintptr_t end;      // the address after them all

  /// `at`: where the parts begin, a multiple of 64. A head has `queries`.
  Layout(std::size_t queries, std::size_t key_count, std::size_t head_dim, std::uintptr_t at)
      : keys(padded(key_count, kDepth)),
        depths(head_dim / kDepth),
        row(keys > kDepth ? keys + kTile : keys),
        words(keys > kDepth ? keys + kDepth : keys) {
    blocks = kTile * keys > kGroupScores ? 1 : kGroupScores / (kTile * keys);
    const std::size_t of_head = padded(queries, kTile) / kTile;
    heads = of_head > blocks ? 1 : blocks / of_head;
    const auto take = [&at]<class T>(T*& part, std::size_t count) {
      part = reinterpret_cast<T*>(at);
      at += count * sizeof(T);
    };
    take(k_tiles, heads * keys * head_dim * 2);
    take(v_tiles, heads * keys * head_dim * 2);
    take(query, blocks * kTile * head_dim);
    take(scores, blocks * kTile * row);
    take(weights, blocks * kTile * words);
    take(context, blocks * kTile * head_dim);
    take(sums, blocks * kTile * kTile);
    end = at;
  }
};

std::size_t scratch(std::size_t keys, std::size_t head_dim) noexcept {
  // One query a head, so that as many heads as can be are in a group: of fewer keys even more.
  std::size_t bytes = 0;
  for (std::size_t fewer = padded(keys, kDepth); fewer > 0; fewer -= kDepth) {
    const std::size_t needed =
        Layout(1, fewer, head_dim, 0).end + 64;  // to begin at a multiple of 64
    bytes = needed > bytes ? needed : bytes;
  }
  const std::size_t fallback = kAttentionAvx512.scratch(keys, head_dim);
  return bytes / 4 > fallback ? bytes / 4 : fallback;
}

class Heads {
 public:
  Heads(const AttentionF32& attention, const Layout& layout)
      : t_(attention),
        l_(layout),
        columns_(t_.head_dim / kTile),
        last_(weights_of(t_.keys + kDepth - l_.keys)) {}

  void run() {
    _tile_loadd(3, kOnes.words, 64);
    for (std::size_t i = 0; i < l_.heads; ++i) clear_values(i);
    const std::size_t of_head = padded(t_.queries, kTile) / kTile;
    for (std::size_t head = 0; head < t_.heads; head += l_.heads) {
      const std::size_t heads = t_.heads - head < l_.heads ? t_.heads - head : l_.heads;
      for (std::size_t i = 0; i < heads; ++i) pack_keys(head + i, i);
      for (std::size_t i = 0; i < heads; ++i) pack_values(head + i, i);
      if (of_head <= l_.blocks) {
        group(head, 0, of_head, heads * of_head);
        continue;
      }
      for (std::size_t block = 0; block < of_head; block += l_.blocks) {
        const std::size_t left = of_head - block;
        group(head, block, of_head, left < l_.blocks ? left : l_.blocks);
      }
    }
  }

 private:
  /// A block of the group.
  struct Block {
    std::size_t head;    // of the call
    std::size_t packed;  // of those packed
    std::size_t query;   // the first
    std::size_t rows;
  };

  /// `blocks` blocks, the first of which is block `first` of `head`; a head has `of_head`.
  void group(std::size_t head, std::size_t first, std::size_t of_head, std::size_t blocks) {
    const auto at = [&](std::size_t i) {
      const std::size_t packed = (first + i) / of_head;
      const std::size_t query = (first + i) % of_head * kTile;
      const std::size_t left = t_.queries - query;
      return Block{head + packed, packed, query, left < kTile ? left : kTile};
    };
    for (std::size_t i = 0; i < blocks; ++i) load_queries(at(i), i);
    for (std::size_t i = 0; i < blocks; ++i) multiply_keys(at(i), i);
    for (std::size_t i = 0; i < blocks; ++i) untrusted_[i] = weigh(at(i), i);
    for (std::size_t i = 0; i < blocks; ++i) multiply_values(at(i), i);
    for (std::size_t i = 0; i < blocks; ++i) write(at(i), i);
  }

  [[nodiscard]] char* k_tiles(std::size_t packed) const {
    return l_.k_tiles + packed * l_.keys * t_.head_dim * 2;
  }
  [[nodiscard]] char* v_tiles(std::size_t packed) const {
    return l_.v_tiles + packed * l_.keys * t_.head_dim * 2;
  }
  /// Of keys `key` and the next, in the first of the columns' tiles.
  [[nodiscard]] char* v_row(std::size_t packed, std::size_t key) const {
    return v_tiles(packed) + key / kDepth * columns_ * kTileBytes + pair_row(key % kDepth) * 64;
  }
  [[nodiscard]] std::uint16_t* query(std::size_t i) const {
    return l_.query + i * kTile * t_.head_dim;
  }
  [[nodiscard]] float* scores(std::size_t i) const { return l_.scores + i * kTile * l_.row; }
  [[nodiscard]] std::uint16_t* weights(std::size_t i) const {
    return l_.weights + i * kTile * l_.words;
  }
  [[nodiscard]] float* context(std::size_t i) const { return l_.context + i * kTile * t_.head_dim; }
  [[nodiscard]] float* sums(std::size_t i) const { return l_.sums + i * kTile * kTile; }

  void pack_keys(std::size_t head, std::size_t packed) const {
    char* tile = k_tiles(packed);
    for (std::size_t key = 0; key < t_.keys; key += kTile) {
      for (std::size_t depth = 0; depth < l_.depths; ++depth, tile += kTileBytes) {
        __m512i rows[kTile];
#pragma unroll
        for (std::size_t i = 0; i < kTile; ++i) {
          const float* from = t_.k + head * t_.kv_head + (key + i) * t_.kv_stride + depth * kDepth;
          rows[i] = key + i < t_.keys ? to_bf16(Vec512::load(from), Vec512::load(from + kTile))
                                      : _mm512_setzero_si512();
        }
        transpose(rows);
#pragma unroll
        for (std::size_t i = 0; i < kTile; ++i) _mm512_store_si512(tile + i * 64, rows[i]);
      }
    }
  }

  /// Pairs of keys, in the order in which weights lie. Rows past the last key are zeros already.
  void pack_values(std::size_t head, std::size_t packed) const {
    // Word i of the first row beside word i of the second.
    alignas(64) static constexpr std::uint16_t kPairs[32] = {0,  16, 1,  17, 2,  18, 3,  19,
                                                             4,  20, 5,  21, 6,  22, 7,  23,
                                                             8,  24, 9,  25, 10, 26, 11, 27,
                                                             12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i pairs = _mm512_load_si512(kPairs);
    const std::size_t stride = t_.kv_stride;
    const float* from = t_.v + head * t_.kv_head;
    const auto pack = [&](std::size_t key, auto&& odd_row) {
      char* row = v_row(packed, key);
      for (std::size_t column = 0; column < columns_; ++column) {
        const float* even = from + key * stride + column * kTile;
        const __m512i words = to_bf16(Vec512::load(even), odd_row(even));
        _mm512_store_si512(row + column * kTileBytes, _mm512_permutexvar_epi16(pairs, words));
      }
    };
    const std::size_t whole = t_.keys / 2 * 2;
    for (std::size_t key = 0; key < whole; key += 2)
      pack(key, [stride](const float* even) { return Vec512::load(even + stride); });
    if (whole < t_.keys) pack(whole, [](const float*) { return Vec512::zero(); });
  }

  /// Zeros for the keys that a head lacks to whole tiles.
  void clear_values(std::size_t packed) const {
    for (std::size_t key = padded(t_.keys, 2); key < l_.keys; key += 2) {
      char* row = v_row(packed, key);
      for (std::size_t column = 0; column < columns_; ++column)
        _mm512_store_si512(row + column * kTileBytes, _mm512_setzero_si512());
    }
  }

  void load_queries(const Block& block, std::size_t i) const {
    const __m512 scale = _mm512_set1_ps(t_.scale * kScoreSteps);
    const float* from = t_.q + block.head * t_.q_head + block.query * t_.q_stride;
    std::uint16_t* to = query(i);
    for (std::size_t r = 0; r < block.rows; ++r, from += t_.q_stride) {
      for (std::size_t d = 0; d < t_.head_dim; d += kDepth, to += kDepth) {
        const __m512 low = _mm512_mul_ps(Vec512::load(from + d), scale);
        const __m512 high = _mm512_mul_ps(Vec512::load(from + d + kTile), scale);
        _mm512_store_si512(to, to_bf16(low, high));
      }
    }
  }

  /// Rows past a block's hold what was there before, here and below; they are dropped.
  void multiply_keys(const Block& block, std::size_t i) const {
    const char* tiles = k_tiles(block.packed);
    const std::size_t tile_bytes = l_.depths * kTileBytes;  // of the tiles of 16 keys
    for (std::size_t key = 0; key < t_.keys; key += 2 * kTile, tiles += 2 * tile_bytes) {
      const bool both = t_.keys - key > kTile;
      _tile_zero(0);
      _tile_zero(1);
      for (std::size_t depth = 0; depth < l_.depths; ++depth) {
        _tile_loadd(4, query(i) + depth * kDepth, t_.head_dim * 2);
        _tile_loadd(6, tiles + depth * kTileBytes, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (!both) continue;
        _tile_loadd(7, tiles + tile_bytes + depth * kTileBytes, 64);
        _tile_dpbf16ps(1, 4, 7);
      }
      _tile_stored(0, scores(i) + key, l_.row * 4);
      if (both) _tile_stored(1, scores(i) + key + kTile, l_.row * 4);
    }
  }

  /// 2^(x / 128) as bf16 of 16 scores x and 16 more, to 0.8% and 0.3% on average; zeros where not
  /// in `there`. Where a score is not a number, or not below 2^31, `least` is -2^15 afterwards.
  [[gnu::always_inline]] static __m512i powers(
      const float* scores, const float* more, __mmask32 there, __m512i& least
  ) {
    const __m512i x = _mm512_packs_epi32(
        _mm512_cvtps_epi32(_mm512_load_ps(scores)), _mm512_cvtps_epi32(_mm512_load_ps(more))
    );
    least = _mm512_mask_min_epi16(least, there, least, x);
    // A line between powers lies above the curve, by a bow that is nearly a parabola.
    const __m512i f = _mm512_and_si512(x, _mm512_set1_epi16(127));
    const __m512i area = _mm512_mullo_epi16(f, _mm512_sub_epi16(_mm512_set1_epi16(128), f));
    const __m512i bow = _mm512_mulhi_epu16(area, _mm512_set1_epi16(184));
    const __m512i line = _mm512_adds_epi16(x, _mm512_set1_epi16(127 * 128));
    return _mm512_maskz_max_epi16(there, _mm512_sub_epi16(line, bow), _mm512_setzero_si512());
  }

  [[gnu::always_inline]] static __mmask32 untrusted(__m512i least) {
    return _mm512_cmpeq_epi16_mask(least, _mm512_set1_epi16(-32768));
  }

  /// A block's weights from its scores. Returns a bit for each row that powers() cannot be trusted
  /// with.
  std::uint32_t weigh(const Block& block, std::size_t i) const {
    if (t_.keys <= kTile) return weigh_pairs_of_rows(block, i);
    const float* from = scores(i);
    std::uint16_t* to = weights(i);
    const std::size_t whole = l_.keys - kDepth;
    std::uint32_t rows = 0;
    for (std::size_t r = 0; r < block.rows; ++r, from += l_.row, to += l_.words) {
      __m512i least = _mm512_setzero_si512();
      for (std::size_t key = 0; key < whole; key += kDepth)
        _mm512_store_si512(to + key, powers(from + key, from + key + kTile, ~__mmask32{0}, least));
      _mm512_store_si512(to + whole, powers(from + whole, from + whole + kTile, last_, least));
      rows |= static_cast<std::uint32_t>(untrusted(least) != 0) << r;
    }
    return rows;
  }

  /// Where a row's scores fill one vector, two rows go together.
  std::uint32_t weigh_pairs_of_rows(const Block& block, std::size_t i) const {
    constexpr __mmask32 kFirst = 0x0F0F0F0F;  // words of the first row
    const __mmask32 there = last_ | last_ << 4;
    const float* from = scores(i);
    std::uint16_t* to = weights(i);
    std::uint32_t rows = 0;
    for (std::size_t r = 0; r < block.rows; r += 2, from += 2 * kDepth, to += 2 * kDepth) {
      __m512i least = _mm512_setzero_si512();
      const __m512i both = powers(from, from + kDepth, there, least);
      _mm512_store_si512(to, _mm512_maskz_mov_epi64(0x55, both));
      _mm512_store_si512(to + kDepth, _mm512_maskz_unpackhi_epi64(0x55, both, both));
      const __mmask32 bad = untrusted(least);
      rows |= static_cast<std::uint32_t>((bad & kFirst) != 0) << r;
      rows |= static_cast<std::uint32_t>((bad & ~kFirst) != 0) << r << 1;
    }
    return rows;
  }

  /// context = weights V, 32 columns at a time, and the sums of the weights. Tile 3 holds the ones.
  void multiply_values(const Block& block, std::size_t i) const {
    const char* packed = v_tiles(block.packed);
    for (std::size_t column = 0; column < columns_; column += 2) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      for (std::size_t key = 0; key < l_.keys; key += kDepth) {
        const char* tiles = packed + (key / kDepth * columns_ + column) * kTileBytes;
        _tile_loadd(4, weights(i) + key, l_.words * 2);
        _tile_loadd(6, tiles, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, tiles + kTileBytes, 64);
        _tile_dpbf16ps(1, 4, 7);
        if (column == 0) _tile_dpbf16ps(2, 4, 3);
      }
      if (column == 0) _tile_stored(2, sums(i), 64);
      _tile_stored(0, context(i) + column * kTile, t_.head_dim * 4);
      _tile_stored(1, context(i) + (column + 1) * kTile, t_.head_dim * 4);
    }
  }

  /// A row's weights again, with its largest score taken off all of them.
  void weigh_exactly(std::size_t i, std::size_t row) const {
    float* from = scores(i) + row * l_.row;
    std::uint16_t* to = weights(i) + row * l_.words;
    float largest = from[0];
    for (std::size_t key = 1; key < t_.keys; ++key)
      largest = from[key] > largest ? from[key] : largest;
    const __m512 step = _mm512_set1_ps(1.0F / 128);
    const auto power = [&](std::size_t key) {
      const __m512 below = _mm512_sub_ps(Vec512::load(from + key), _mm512_set1_ps(largest));
      return VecMath<Vec512>::exp2_low(_mm512_mul_ps(below, step));
    };
    for (std::size_t key = 0; key < l_.keys; key += kDepth) {
      // From scores' order to that of powers().
      const __m512i words = to_bf16(power(key), power(key + kTile));
      alignas(64) std::uint16_t in_order[kDepth];
      _mm512_store_si512(in_order, words);
      for (std::size_t at = 0; at < kDepth; ++at)
        to[key + at] = key + key_at(at) < t_.keys ? in_order[key_at(at)] : 0;
    }
  }

  /// The rows whose weights may have left the range of bf16, again.
  void repair(const Block& block, std::size_t i) const {
    bool any = false;
    for (std::size_t r = 0; r < block.rows; ++r) {
      const float sum = sums(i)[r * kTile];
      const bool trusted = (untrusted_[i] >> r & 1U) == 0;
      if (trusted && sum >= kLeastSum && sum <= kMostSum) continue;  // not so if NaN
      any = true;
      weigh_exactly(i, r);
    }
    if (any) multiply_values(block, i);
  }

  void write(const Block& block, std::size_t i) const {
    repair(block, i);
    float* out = t_.out + block.head * t_.out_head + block.query * t_.out_stride;
    const float* from = context(i);
    for (std::size_t r = 0; r < block.rows; ++r, out += t_.out_stride, from += t_.head_dim) {
      const __m512 factor = _mm512_set1_ps(1.0F / sums(i)[r * kTile]);
      for (std::size_t d = 0; d < t_.head_dim; d += kTile)
        Vec512::store(out + d, _mm512_mul_ps(Vec512::load(from + d), factor));
    }
  }

  const AttentionF32& t_;
  const Layout& l_;
  const std::size_t columns_;  // tiles of 16 columns of V
  const __mmask32 last_;       // of the last 32 weights, those of keys
  std::uint32_t untrusted_[kGroupScores / (kTile * kDepth)];  // [blocks]: a bit for each row
};

void bf16(const AttentionF32& t) noexcept {
  if (t.keys < kFewestKeys || t.head_dim % kDepth != 0 || t.bias != nullptr)
    return kAttentionAvx512Low.f32(t);
  configure_tiles();
  const auto address = (reinterpret_cast<std::uintptr_t>(t.scratch) + 63) / 64 * 64;
  const Layout layout(t.queries, t.keys, t.head_dim, address);
  Heads(t, layout).run();
  _tile_release();
}

}  // namespace

const AttentionKernels kAttentionAmx{&scratch, &bf16};

}  // namespace martlet
