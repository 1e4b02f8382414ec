// Eight floats in a ymm register. Everything here has internal linkage: a file compiled with wider
// flags must not lend its inline functions to the others.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace martlet {
namespace {

struct Vec256 {
  using Reg = __m256;
  static constexpr std::size_t kWidth = 8;
  // 6 x 2 accumulators, 2 columns of B and 1 broadcast: 15 of 16 registers.
  static constexpr std::size_t kTileRows = 6;
  static constexpr std::size_t kTileVecs = 2;

  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg set(float value) { return _mm256_set1_ps(value); }
  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Reg r) { _mm256_storeu_ps(p, r); }
  /// The first `count` <= kWidth lanes; the others read as 0 and are not written.
  static Reg load(const float* p, std::size_t count) { return _mm256_maskload_ps(p, mask(count)); }
  static void store(float* p, Reg r, std::size_t count) { _mm256_maskstore_ps(p, mask(count), r); }

  /// IEEE halves; stores round to nearest even.
  static Reg load_f16(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Reg load_f16(const std::uint16_t* p, std::size_t count) {
    std::uint16_t halves[kWidth] = {};
    std::copy_n(p, count, halves);
    return load_f16(halves);
  }
  static void store_f16(std::uint16_t* p, Reg a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
  }
  static void store_f16(std::uint16_t* p, Reg a, std::size_t count) {
    std::uint16_t halves[kWidth];
    store_f16(halves, a);
    std::copy_n(halves, count, p);
  }

  static Reg from_int(const std::int32_t* p) {
    return _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  /// Rounded lanes as u8 or u16, clamped to [0, 255].
  static void store_u8(std::uint8_t* p, Reg a) {
    const __m128i words = to_words(a);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
  }
  /// The same for four registers in a row.
  static void store_u8(std::uint8_t* p, Reg a, Reg b, Reg c, Reg d) {
    const __m256i low = _mm256_packs_epi32(_mm256_cvtps_epi32(a), _mm256_cvtps_epi32(b));
    const __m256i high = _mm256_packs_epi32(_mm256_cvtps_epi32(c), _mm256_cvtps_epi32(d));
    // Packing works within halves of a register; this puts the halves' parts in order.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i bytes = _mm256_packus_epi16(low, high);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permutevar8x32_epi32(bytes, order));
  }
  static void store_u16(std::uint16_t* p, Reg a) {
    const __m128i limit = _mm_set1_epi16(255);
    const __m128i words = _mm_max_epi16(_mm_min_epi16(to_words(a), limit), _mm_setzero_si128());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), words);
  }

  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  /// 1 / a to about 1e-6: the 12-bit estimate and a step of Newton's method.
  static Reg reciprocal(Reg a) {
    const Reg estimate = _mm256_rcp_ps(a);
    return mul(estimate, sub(set(2.0F), mul(a, estimate)));
  }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  static Reg round(Reg a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// a * 2^n for integral n in [-126, 127].
  static Reg scale(Reg a, Reg n) {
    const __m256i exponent =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(a, _mm256_castsi256_ps(exponent));
  }
  static float sum(Reg a) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
  }
  static float largest(Reg a) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
  }
  /// out[r]: the sum, or the largest, of rows[r]'s lanes; combined in one order whatever r.
  static void sums(const Reg (&rows)[4], float (&out)[4]) { combine<&add>(rows, out); }
  static void largest(const Reg (&rows)[4], float (&out)[4]) { combine<&max>(rows, out); }

 private:
  /// Two rows in the place of one, until each has a lane in either half.
  template <Reg (*kOf)(Reg, Reg)>
  static void combine(const Reg (&rows)[4], float (&out)[4]) {
    const auto pair = [&](std::size_t r) {
      return _mm256_castps_pd(
          kOf(_mm256_unpacklo_ps(rows[r], rows[r + 1]), _mm256_unpackhi_ps(rows[r], rows[r + 1]))
      );
    };
    const __m256d first = pair(0);
    const __m256d second = pair(2);
    Reg all =
        kOf(_mm256_castpd_ps(_mm256_unpacklo_pd(first, second)),
            _mm256_castpd_ps(_mm256_unpackhi_pd(first, second)));
    all = kOf(all, _mm256_permute2f128_ps(all, all, 1));
    _mm_storeu_ps(out, _mm256_castps256_ps128(all));
  }
  static __m128i to_words(Reg a) {
    const __m256i value = _mm256_cvtps_epi32(a);
    return _mm_packs_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
  }
  static __m256i mask(std::size_t count) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lanes);
  }
};

}  // namespace
}  // namespace martlet
