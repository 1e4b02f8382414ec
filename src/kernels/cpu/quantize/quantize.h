// fp32 rows to the operands of gemm_q.
#pragma once

#include <cstddef>

#include "kernels/cpu/gemm_q/gemm_q.h"

namespace martlet {

struct QuantizeRows {
  const float* x = nullptr;  // [rows, n], row stride `stride`
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t n = 0;
  const float* factor = nullptr;  // [n]: multiplies x before u8 and u16; null: none
  void* out = nullptr;  // [rows], row stride out_stride bytes, at least n rounded up to 64 elements
  std::size_t out_stride = 0;
  float* scale = nullptr;   // [rows]; unused for bf16
  float* offset = nullptr;  // [rows]; unused for bf16
};

struct QuantizeKernels {
  /// To u8: x is scale * q + offset, both its row's, and 0 is exact. u16 holds the same values in
  /// 16 bits.
  void (*u8)(const QuantizeRows& rows) noexcept;
  void (*u16)(const QuantizeRows& rows) noexcept;
  /// To bf16, zeros past n. Null where no level that has it multiplies bf16.
  void (*bf16)(const QuantizeRows& rows) noexcept;
};

extern const QuantizeKernels kQuantizeScalar;
extern const QuantizeKernels kQuantizeAvx2;
extern const QuantizeKernels kQuantizeAvx512;

}  // namespace martlet
