// The contract in plain loops: the reference for every other level.
#include "kernels/cpu/rotary/rotary.h"

namespace martlet {
namespace {

void f32(const RotateRows& t) noexcept {
  const std::size_t half = t.n / 2;
  for (std::size_t row = 0; row < t.rows; ++row) {
    float* x = t.x + row * t.stride;
    const float* cosines = t.angles + row * t.n;
    const float* sines = cosines + half;
    for (std::size_t i = 0; i < half; ++i) {
      const float first = x[i];
      const float second = x[half + i];
      x[i] = first * cosines[i] - second * sines[i];
      x[half + i] = second * cosines[i] + first * sines[i];
    }
  }
}

}  // namespace

const RotaryKernels kRotaryScalar{&f32};

}  // namespace martlet
