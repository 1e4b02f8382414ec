// What may be applied to a matrix product on its way to memory.
#pragma once

#include <cstdint>

namespace martlet {

enum class Activation : std::uint8_t {
  kNone,
  kGelu,      // 0.5 x (1 + erf(x / sqrt 2))
  kGeluTanh,  // its tanh approximation ("gelu_new", "gelu_pytorch_tanh")
  kRelu,
  kTanh,
};

}  // namespace martlet
