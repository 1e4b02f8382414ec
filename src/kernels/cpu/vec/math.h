// exp, tanh and the activations over a register of any vec/ type.
#pragma once

#include "kernels/cpu/activation.h"

namespace martlet {
namespace {

template <class Vec>
struct VecMath {
  using Reg = typename Vec::Reg;

  /// Coefficients from the highest power down; N is a constant, so the loop is unrolled.
  template <std::size_t N>
  static Reg polynomial(Reg x, const float (&coefficients)[N]) {
    Reg sum = Vec::set(coefficients[0]);
#pragma unroll
    for (std::size_t i = 1; i < N; ++i) sum = Vec::fma(sum, x, Vec::set(coefficients[i]));
    return sum;
  }

  /// e^x to about 1 ulp for x in [-87, 88]; clamped outside. x = n ln 2 + r with |r| <= ln 2 / 2,
  /// and a degree-6 Taylor polynomial of e^r (its next term is below 1.2e-7 relative).
  static Reg exp(Reg x) {
    x = Vec::min(Vec::set(88.0F), Vec::max(Vec::set(-87.0F), x));  // in this order NaN stays NaN
    const Reg n = Vec::round(Vec::mul(x, Vec::set(1.44269504F)));
    Reg r =
        Vec::fma(n, Vec::set(-0.693359375F), x);  // ln 2 in two parts: the first product is exact
    r = Vec::fma(n, Vec::set(2.12194440e-4F), r);
    const Reg e = polynomial(r, {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F});
    return Vec::scale(e, n);
  }

  /// 2^x for x <= 0 to 7.5e-5 relative, a fiftieth of what bf16 rounds away: as the level has it,
  /// else by a cubic fitted to 2^f on [-1/2, 1/2].
  static Reg exp2_low(Reg x) {
    if constexpr (requires { Vec::exp2_low(x); }) return Vec::exp2_low(x);
    x = Vec::max(Vec::set(-126.0F), x);  // in this order NaN stays NaN
    const Reg n = Vec::round(x);
    const Reg e = polynomial(
        Vec::sub(x, n), {5.517014083e-02F, 2.426076307e-01F, 6.932609200e-01F, 9.999282980e-01F}
    );
    return Vec::scale(e, n);
  }

  /// erf(x) to 3.5e-7 absolute: x P(x^2) / Q(x^2), fitted to 1.6e-8 on [-3.925, 3.925] by
  /// iteratively reweighted least squares, and constant outside, where erf is 1 in fp32.
  static Reg erf(Reg x) {
    x = Vec::min(Vec::max(x, Vec::set(-3.925F)), Vec::set(3.925F));
    const Reg t = Vec::mul(x, x);
    const Reg p = polynomial(
        t, {2.030869361e-06F, 2.874902639e-04F, 3.876272331e-03F, 5.308418139e-02F,
            1.929713677e-01F, 1.128379020e+00F}
    );
    const Reg q = polynomial(
        t, {3.803134969e-05F, 1.189735535e-03F, 1.518824673e-02F, 1.151669561e-01F,
            5.043480601e-01F, 1.0F}
    );
    return Vec::div(Vec::mul(x, p), q);
  }

  /// 1 - 2 / (e^2x + 1), to about 2e-7 absolute.
  static Reg tanh(Reg x) {
    const Reg e = exp(Vec::add(x, x));
    return Vec::sub(Vec::set(1.0F), Vec::div(Vec::set(2.0F), Vec::add(e, Vec::set(1.0F))));
  }

  static Reg gelu(Reg x) {
    const Reg half = Vec::mul(x, Vec::set(0.5F));
    return Vec::fma(half, erf(Vec::mul(x, Vec::set(0.707106781F))), half);
  }

  static Reg gelu_tanh(Reg x) {
    const Reg cube = Vec::mul(Vec::mul(x, x), x);
    const Reg inner = Vec::mul(Vec::fma(cube, Vec::set(0.044715F), x), Vec::set(0.797884561F));
    const Reg half = Vec::mul(x, Vec::set(0.5F));
    return Vec::fma(half, tanh(inner), half);
  }

  /// GELU for sums that carry the error of low-precision operands anyway: by a table where the
  /// level has one; else erf to 7e-5 relative, by a rational of lower degree (fitted to 3.3e-6 as
  /// above) and an approximate reciprocal.
  static Reg gelu_low(Reg x) {
    if constexpr (requires { Vec::normal_cdf(x); }) return Vec::mul(x, Vec::normal_cdf(x));
    const Reg half = Vec::mul(x, Vec::set(0.5F));
    Reg z = Vec::mul(x, Vec::set(0.707106781F));
    z = Vec::min(Vec::max(z, Vec::set(-3.925F)), Vec::set(3.925F));
    const Reg t = Vec::mul(z, z);
    const Reg p = polynomial(
        t,
        {-4.796695312e-06F, 1.107349415e-03F, 4.763250026e-02F, 1.616756459e-01F, 1.128403803e+00F}
    );
    const Reg q = polynomial(t, {1.126193704e-02F, 1.006379149e-01F, 4.768132713e-01F, 1.0F});
    return Vec::fma(half, Vec::mul(Vec::mul(z, p), Vec::reciprocal(q)), half);
  }

  template <Activation kActivation>
  static Reg activate_low(Reg x) {
    if constexpr (kActivation == Activation::kGelu) return gelu_low(x);
    return activate<kActivation>(x);
  }

  template <Activation kActivation>
  static Reg activate(Reg x) {
    if constexpr (kActivation == Activation::kGelu) return gelu(x);
    if constexpr (kActivation == Activation::kGeluTanh) return gelu_tanh(x);
    if constexpr (kActivation == Activation::kRelu) return Vec::max(x, Vec::zero());
    if constexpr (kActivation == Activation::kTanh) return tanh(x);
    return x;
  }

  static Reg activate(Reg x, Activation activation) {
    switch (activation) {
      case Activation::kNone:
        return x;
      case Activation::kGelu:
        return activate<Activation::kGelu>(x);
      case Activation::kGeluTanh:
        return activate<Activation::kGeluTanh>(x);
      case Activation::kRelu:
        return activate<Activation::kRelu>(x);
      case Activation::kTanh:
        return activate<Activation::kTanh>(x);
    }
    return x;
  }
};

}  // namespace
}  // namespace martlet
