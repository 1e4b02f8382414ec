// The normal distribution's cumulative function over zmm registers, by a table.
//
// Near n / kStepsPerUnit, n from -15 to 15, it is the quadratic a + b x + c x^2: three look-ups in
// registers and two multiply-adds, to 4.1e-5 absolute. Powers of x and not of the distance from n:
// coefficients stay below 1, so float loses nothing, and the distance need not be computed.
// Coefficients interpolate at Chebyshev's nodes; entry n of a table is at n modulo 32, that at 16
// is never read. Outside the table the function is taken to be what it is at its ends, 1.4e-5 from
// 0 or 1.
#pragma once

#include <immintrin.h>

namespace martlet {
namespace {

constexpr float kStepsPerUnit = 3.7F;

alignas(64) constexpr float kCdfConstant[32] = {
    5.000000000e-01F, 4.990039766e-01F, 4.924169183e-01F, 4.822615981e-01F, 4.794487059e-01F,
    4.976939857e-01F, 5.448902249e-01F, 6.181945205e-01F, 7.056149244e-01F, 7.920677066e-01F,
    8.655792475e-01F, 9.204427600e-01F, 9.568542242e-01F, 9.785358906e-01F, 9.901939034e-01F,
    9.958813190e-01F, 4.118693527e-03F, 4.118693527e-03F, 9.806101210e-03F, 2.146413177e-02F,
    4.314574599e-02F, 7.955721021e-02F, 1.344207376e-01F, 2.079323232e-01F, 2.943851054e-01F,
    3.818054795e-01F, 4.551097751e-01F, 5.023059845e-01F, 5.205512643e-01F, 5.177384019e-01F,
    5.075830817e-01F, 5.009959936e-01F
};
alignas(64) constexpr float kCdfLinear[32] = {
    3.980334997e-01F, 4.118246138e-01F, 4.445713162e-01F, 4.752477109e-01F, 4.818550944e-01F,
    4.523499310e-01F, 3.891016841e-01F, 3.056746423e-01F, 2.193016857e-01F, 1.438617259e-01F,
    8.643233776e-02F, 4.763768986e-02F, 2.412288450e-02F, 1.123823039e-02F, 4.822443705e-03F,
    1.907998696e-03F, 1.907998696e-03F, 1.907998696e-03F, 4.822443705e-03F, 1.123823039e-02F,
    2.412288450e-02F, 4.763768986e-02F, 8.643233776e-02F, 1.438617259e-01F, 2.193016857e-01F,
    3.056746423e-01F, 3.891016841e-01F, 4.523499310e-01F, 4.818550944e-01F, 4.752477109e-01F,
    4.445713162e-01F, 4.118246138e-01F
};
alignas(64) constexpr float kCdfQuadratic[32] = {
    0.000000000e+00F,  -5.180439353e-02F, -9.287949651e-02F, -1.161136329e-01F, -1.199617684e-01F,
    -1.080245823e-01F, -8.682050556e-02F, -6.307195127e-02F, -4.172958806e-02F, -2.526743151e-02F,
    -1.404855400e-02F, -7.189286873e-03F, -3.392222570e-03F, -1.477762708e-03F, -5.949711194e-04F,
    -2.215714485e-04F, 2.215714485e-04F,  2.215714485e-04F,  5.949711194e-04F,  1.477762708e-03F,
    3.392222570e-03F,  7.189286873e-03F,  1.404855400e-02F,  2.526743151e-02F,  4.172958806e-02F,
    6.307195127e-02F,  8.682050556e-02F,  1.080245823e-01F,  1.199617684e-01F,  1.161136329e-01F,
    9.287949651e-02F,  5.180439353e-02F
};

[[gnu::always_inline]] inline __m512 look_up(const float* table, __m512i index) {
  return _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + 16));
}

[[gnu::always_inline]] inline __m512 normal_cdf(__m512 x) {
  constexpr int kLeastMagnitudeAndSignOfX = 0b0010;
  x = _mm512_range_ps(x, _mm512_set1_ps(4.189F), kLeastMagnitudeAndSignOfX);
  // Adding 1.5 x 2^23 rounds to an integer and leaves it in the low bits.
  const __m512i index = _mm512_castps_si512(
      _mm512_fmadd_ps(x, _mm512_set1_ps(kStepsPerUnit), _mm512_set1_ps(12582912.0F))
  );
  const __m512 slope =
      _mm512_fmadd_ps(look_up(kCdfQuadratic, index), x, look_up(kCdfLinear, index));
  return _mm512_fmadd_ps(slope, x, look_up(kCdfConstant, index));
}

}  // namespace
}  // namespace martlet
