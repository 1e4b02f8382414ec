// How fast this core multiplies and adds: the yardstick that benchmarks state shares of.
#pragma once

#include <cstddef>

namespace martlet {

struct PeakKernels {
  /// Runs `steps` rounds of independent fp32 multiply-adds in registers and returns how many
  /// multiply-adds (MACs) that was. The caller takes the time.
  double (*f32)(std::size_t steps) noexcept;
};

extern const PeakKernels kPeakScalar;
extern const PeakKernels kPeakAvx2;
extern const PeakKernels kPeakAvx512;

}  // namespace martlet
