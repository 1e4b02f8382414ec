// Sixteen floats in a zmm register. Everything here has internal linkage: a file compiled with
// wider flags must not lend its inline functions to the others.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/vec/normal_cdf.h"

namespace martlet {
namespace {

struct Vec512 {
  using Reg = __m512;
  static constexpr std::size_t kWidth = 16;
  // 8 x 3 accumulators, 3 columns of B and 1 broadcast: 28 of 32 registers.
  static constexpr std::size_t kTileRows = 8;
  static constexpr std::size_t kTileVecs = 3;

  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg set(float value) { return _mm512_set1_ps(value); }
  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Reg r) { _mm512_storeu_ps(p, r); }
  /// The first `count` <= kWidth lanes; the others read as 0 and are not written.
  static Reg load(const float* p, std::size_t count) {
    return _mm512_maskz_loadu_ps(mask(count), p);
  }
  static void store(float* p, Reg r, std::size_t count) {
    _mm512_mask_storeu_ps(p, mask(count), r);
  }

  /// IEEE halves; stores round to nearest even.
  static Reg load_f16(const std::uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Reg load_f16(const std::uint16_t* p, std::size_t count) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask(count), p));
  }
  static void store_f16(std::uint16_t* p, Reg a) {
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT)
    );
  }
  static void store_f16(std::uint16_t* p, Reg a, std::size_t count) {
    _mm256_mask_storeu_epi16(p, mask(count), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
  }

  static Reg from_int(const std::int32_t* p) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(p)); }
  /// Rounded lanes as u8 or u16, clamped to [0, 255].
  static void store_u8(std::uint8_t* p, Reg a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtusepi32_epi8(not_negative(a)));
  }
  /// The same for four registers in a row.
  static void store_u8(std::uint8_t* p, Reg a, Reg b, Reg c, Reg d) {
    const __m512i low = _mm512_packs_epi32(_mm512_cvtps_epi32(a), _mm512_cvtps_epi32(b));
    const __m512i high = _mm512_packs_epi32(_mm512_cvtps_epi32(c), _mm512_cvtps_epi32(d));
    // Packing works within quarters of a register; this puts the quarters' parts in order.
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i bytes = _mm512_packus_epi16(low, high);
    _mm512_storeu_si512(p, _mm512_permutexvar_epi32(order, bytes));
  }
  static void store_u16(std::uint16_t* p, Reg a) {
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(p),
        _mm512_cvtepi32_epi16(_mm512_min_epi32(not_negative(a), _mm512_set1_epi32(255)))
    );
  }
  /// Rounded to nearest even; not for NaN.
  static void store_bf16(std::uint16_t* p, Reg a) {
    const __m512i bits = _mm512_castps_si512(a);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16))
    );
  }

  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  /// 1 / a to 6e-5.
  static Reg reciprocal(Reg a) { return _mm512_rcp14_ps(a); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg round(Reg a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// 2^a to 7.5e-5 relative: a cubic fitted to 2^f on [0, 1].
  static Reg exp2_low(Reg a) {
    const Reg f = _mm512_reduce_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    Reg e = _mm512_fmadd_ps(f, set(7.802428e-02F), set(2.260672740e-01F));
    e = _mm512_fmadd_ps(e, f, set(6.958336270e-01F));
    e = _mm512_fmadd_ps(e, f, set(9.999251810e-01F));
    return _mm512_scalef_ps(e, a);
  }
  /// The normal distribution's cumulative function, to 4.1e-5.
  static Reg normal_cdf(Reg a) { return martlet::normal_cdf(a); }
  /// a * 2^n for integral n.
  static Reg scale(Reg a, Reg n) { return _mm512_scalef_ps(a, n); }
  static float sum(Reg a) { return _mm512_reduce_add_ps(a); }
  static float largest(Reg a) { return _mm512_reduce_max_ps(a); }
  /// out[r]: the sum, or the largest, of rows[r]'s lanes; combined in one order whatever r.
  static void sums(const Reg (&rows)[4], float (&out)[4]) { combine<&add>(rows, out); }
  static void largest(const Reg (&rows)[4], float (&out)[4]) { combine<&max>(rows, out); }

 private:
  static __m512i not_negative(Reg a) {
    return _mm512_max_epi32(_mm512_cvtps_epi32(a), _mm512_setzero_si512());
  }
  /// Two rows in the place of one, until each has a lane in every quarter.
  template <Reg (*kOf)(Reg, Reg)>
  static void combine(const Reg (&rows)[4], float (&out)[4]) {
    const auto pair = [&](std::size_t r) {
      return _mm512_castps_pd(
          kOf(_mm512_unpacklo_ps(rows[r], rows[r + 1]), _mm512_unpackhi_ps(rows[r], rows[r + 1]))
      );
    };
    const __m512d first = pair(0);
    const __m512d second = pair(2);
    Reg all =
        kOf(_mm512_castpd_ps(_mm512_unpacklo_pd(first, second)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(first, second)));
    all = kOf(all, _mm512_shuffle_f32x4(all, all, 0b01001110));
    all = kOf(all, _mm512_shuffle_f32x4(all, all, 0b10110001));
    _mm_storeu_ps(out, _mm512_castps512_ps128(all));
  }
  static __mmask16 mask(std::size_t count) { return static_cast<__mmask16>((1U << count) - 1U); }
};

}  // namespace
}  // namespace martlet
