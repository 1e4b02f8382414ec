// Sums of embedding rows: words, positions and types. Word tables are large, and a level that
// computes in low precision anyway may hold them in 16 bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace martlet {

struct EmbedRows {
  const void* words = nullptr;             // [vocabulary, n], float or IEEE half
  const std::int32_t* ids = nullptr;       // [rows]
  const float* positions = nullptr;        // [rows, n]: the row of the first position onwards, or
                                           // null: none are added
  const float* types = nullptr;            // [types, n], or null: none are added
  const std::int32_t* type_ids = nullptr;  // [rows], or null: all 0
  float* out = nullptr;                    // [rows, n], row stride `stride`
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t n = 0;
};

/// A float that is read as the half next to it.
struct RoundedFloat {
  float value;
};

struct EmbedKernels {
  /// out = (word + type) + position, of those that there are.
  void (*f32)(const EmbedRows& rows) noexcept;
  void (*f16)(const EmbedRows& rows) noexcept;
  /// Words are floats, and rounded as to_f16 does: the bits of f16 without its table.
  void (*f32_as_f16)(const EmbedRows& rows) noexcept;
  /// Rounds n floats to halves, to nearest even.
  void (*to_f16)(const float* x, std::size_t n, std::uint16_t* out) noexcept;
};

extern const EmbedKernels kEmbedScalar;
extern const EmbedKernels kEmbedAvx2;
extern const EmbedKernels kEmbedAvx512;

}  // namespace martlet
