// The activations in plain libm calls, for the scalar level.
#pragma once

#include <cmath>

#include "kernels/cpu/activation.h"

namespace martlet {

inline float activate_scalar(float x, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kGelu:
      return 0.5F * x * (1.0F + std::erf(x * 0.707106781F));
    case Activation::kGeluTanh:
      return 0.5F * x * (1.0F + std::tanh(0.797884561F * (x + 0.044715F * x * x * x)));
    case Activation::kRelu:
      return x > 0 ? x : 0.0F;
    case Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

}  // namespace martlet
