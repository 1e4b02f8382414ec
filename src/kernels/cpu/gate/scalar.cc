// The contract in plain loops: the reference for every other level.
#include "kernels/cpu/gate/gate.h"

namespace martlet {
namespace {

void f32(const GateRows& t) noexcept {
  for (std::size_t row = 0; row < t.rows; ++row) {
    for (std::size_t i = 0; i < t.n; ++i) t.x[row * t.stride + i] *= t.gate[row * t.stride + i];
  }
}

}  // namespace

const GateKernels kGateScalar{&f32};

}  // namespace martlet
