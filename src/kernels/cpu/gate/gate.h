// Gated units: a layer's outputs times those of another.
#pragma once

#include <cstddef>

namespace martlet {

struct GateRows {
  float* x = nullptr;           // [rows, n], row stride `stride`
  const float* gate = nullptr;  // likewise
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t n = 0;
};

struct GateKernels {
  /// x = x * gate.
  void (*f32)(const GateRows& rows) noexcept;
};

extern const GateKernels kGateScalar;
extern const GateKernels kGateAvx2;
extern const GateKernels kGateAvx512;

}  // namespace martlet
