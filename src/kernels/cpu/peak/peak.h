// How fast this core multiplies and adds: the yardstick that benchmarks state shares of. One kernel
// for each family of instructions that the products of a precision are made of.
#pragma once

#include <cstddef>

namespace martlet {

struct PeakKernel {
  /// Runs `steps` rounds of independent multiply-adds in registers and returns how many
  /// multiply-adds (MACs) that was. The caller takes the time.
  double (*run)(std::size_t steps) noexcept;
};

extern const PeakKernel kPeakF32Scalar;
extern const PeakKernel kPeakF32Avx2;
extern const PeakKernel kPeakF32Avx512;
extern const PeakKernel kPeakS8Scalar;
extern const PeakKernel kPeakS8Avx2;
extern const PeakKernel kPeakS8Avx2Vnni;
extern const PeakKernel kPeakS8Avx512;
extern const PeakKernel kPeakS8Avx512Vnni;
extern const PeakKernel kPeakS8Amx;
extern const PeakKernel kPeakBf16Avx512Bf16;
extern const PeakKernel kPeakBf16Amx;

}  // namespace martlet
