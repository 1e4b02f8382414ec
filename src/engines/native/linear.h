// A Linear layer of the native engine, packed for the kernels that multiply by it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/arena.h"
#include "core/thread_pool.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// What a product's operands are held in. Everything else is fp32 in all of them.
enum class Precision { kFp32, kBf16, kInt8 };

/// "fp32", "bf16", "int8". Static storage.
std::string_view to_string(Precision precision) noexcept;

/// The precision of every layer's products. Heads are always fp32.
struct PrecisionPlan {
  Precision precision = Precision::kFp32;  // of all layers, or of most
  std::vector<Precision> layers{};         // [layers]; empty: all the same

  [[nodiscard]] Precision layer(std::size_t index) const noexcept {
    return index < layers.size() ? layers[index] : precision;
  }
};

struct Linear {
  std::size_t n = 0;  // outputs
  std::size_t k = 0;  // inputs
  Precision precision = Precision::kFp32;
  AlignedBuffer packed;       // fp32, or the bytes of bf16 or s8 panels
  AlignedBuffer bias;         // [n]
  AlignedBuffer scale;        // [n], int8 only
  AlignedBuffer scaled_sums;  // [n], int8 only
  /// [k]: what the weights were divided by, so what inputs are multiplied by before they are
  /// quantized. Empty: all ones, as always but in int8.
  AlignedBuffer input_factor;
};

/// The kernels of bf16 or int8 products.
const GemmQKernels& q_kernels(const Kernels& kernels, Precision precision) noexcept;

/// The attention that goes with a precision.
const AttentionKernels& attention_kernels(const Kernels& kernels, Precision precision) noexcept;

/// Columns in one panel of a layer's packed weights.
std::size_t panel_width(const Kernels& kernels, Precision precision) noexcept;

/// Packs `weight` [n, k] in `precision` into pieces of `arena`, on all threads of `pool`. The bias
/// stays the caller's, and so does input_factor, which is read here.
void pack(
    const Kernels& kernels, std::span<const float> weight, Precision precision, Linear& linear,
    Arena& arena, ThreadPool& pool
);

}  // namespace martlet
