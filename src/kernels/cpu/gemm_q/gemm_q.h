// Matrix products of low-precision operands with fp32 results: u8 activations times s8 weights, or
// bf16 times bf16.
//
// An int8 row holds q_a, x = a_scale * q_a + a_offset (u8, its own scale and offset), a weight
// column q_w, w = scale * q_w (s8, symmetric), so  x w = scale * (a_scale * sum q_a q_w + a_offset
// * sum q_w):  integers are summed exactly in int32 and never saturate, on every level the same.
// bf16 products are summed in fp32.
//
// Packed weights: columns in panels; in a panel `group` consecutive k of one column lie together,
// as the dot-product instructions eat them: packed[panel][k / group][panel_width][group], k filled
// up with zeros to a multiple of k_step.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/activation.h"

namespace martlet {

enum class OperandType : std::uint8_t {
  kU8,   // int8 activations
  kU16,  // the same values, widened for levels that multiply 16-bit pairs
  kBf16,
};

constexpr std::size_t size_of(OperandType type) noexcept {
  return type == OperandType::kU8 ? 1 : 2;
}

/// What the columns in a band of C are a multiple of: a vector of the widest level.
inline constexpr std::size_t kBandMultiple = 16;

struct GemmQ {
  const void* a =
      nullptr;  // [m rounded up to 32, k rounded up to k_step] readable; zeros past k for bf16
  std::size_t lda = 0;              // in bytes
  const float* a_scale = nullptr;   // [m]; null for bf16
  const float* a_offset = nullptr;  // [m]; null for bf16
  const void* packed = nullptr;
  const float* scale = nullptr;        // [n]; null for bf16
  const float* scaled_sums = nullptr;  // [n]: scale * sum of the column's q_w; null for bf16
  const float* bias = nullptr;         // [n]
  const float* residual = nullptr;     // [m, n], row stride ldr, or null; may be c, all in one band
  std::size_t ldr = 0;
  float* c = nullptr;  // [m, n], row stride ldc
  std::size_t ldc = 0;
  /// The column that `c` is the place of; those before it have none and are not computed.
  std::size_t c_column = 0;
  /// Columns in a band of C, a multiple of kBandMultiple: column c_column + j lies in band
  /// j / c_band, which begins c_band_stride floats after the band before. 0: C is one band.
  std::size_t c_band = 0;
  std::size_t c_band_stride = 0;
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  Activation activation = Activation::kNone;

  /// Row 0 of a column of C.
  [[nodiscard]] float* column(std::size_t j) const noexcept {
    j -= c_column;
    return c_band == 0 ? c + j : c + j / c_band * c_band_stride + j % c_band;
  }
  /// Columns from `j` on that lie behind it in its band.
  [[nodiscard]] std::size_t columns_from(std::size_t j) const noexcept {
    return c_band == 0 ? n - j : c_band - (j - c_column) % c_band;
  }
};

struct GemmQKernels {
  OperandType operand;
  std::size_t weight_bytes;  // of one packed weight: 1, or 2 for bf16 and widened s8
  std::size_t panel_width;
  std::size_t group;
  std::size_t k_step;
  /// Computes the columns of panels [panel_begin, panel_end). A row's result does not depend on m,
  /// on the other rows or on the range of panels, to the bit.
  void (*run)(const GemmQ& gemm, std::size_t panel_begin, std::size_t panel_end) noexcept;
};

extern const GemmQKernels kGemmS8Scalar;
extern const GemmQKernels kGemmS8Avx2;
extern const GemmQKernels kGemmS8Avx2Vnni;
extern const GemmQKernels kGemmS8Avx512;
extern const GemmQKernels kGemmS8Avx512Vnni;
extern const GemmQKernels kGemmS8Amx;
extern const GemmQKernels kGemmBf16Scalar;
extern const GemmQKernels kGemmBf16Avx512Bf16;
extern const GemmQKernels kGemmBf16Amx;

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) noexcept {
  return (value + multiple - 1) / multiple * multiple;
}

/// Bytes of the packed weights of an [n, k] layer.
constexpr std::size_t packed_bytes(
    const GemmQKernels& kernels, std::size_t n, std::size_t k
) noexcept {
  return round_up(n, kernels.panel_width) * round_up(k, kernels.k_step) * kernels.weight_bytes;
}

struct PackS8 {
  const float* weight = nullptr;  // [n, k]
  std::size_t n = 0;
  std::size_t k = 0;
  const float* factor = nullptr;  // [k]: multiplies the weights of input k; null: none
  void* packed = nullptr;         // packed_bytes(n, k)
  float* scale = nullptr;         // [n]
  float* scaled_sums = nullptr;   // [n]
};

/// Quantizes weights per output column to s8 in [-127, 127] and packs them.
void pack_s8(const GemmQKernels& kernels, const PackS8& pack) noexcept;

/// Packs s8 weights as they are.
void pack_s8_values(
    const GemmQKernels& kernels, const std::int8_t* weight, std::size_t n, std::size_t k,
    void* packed
) noexcept;

/// Rounds `weight` [n, k] to bf16 and packs it.
void pack_bf16(
    const GemmQKernels& kernels, const float* weight, std::size_t n, std::size_t k, void* packed
) noexcept;

}  // namespace martlet
