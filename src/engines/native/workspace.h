// The activations of one chunk on its way through the network.
#pragma once

#include <cstddef>

#include "core/aligned_buffer.h"
#include "engines/native/step_timer.h"
#include "engines/native/weights.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// Rows in the low precision that a product reads; unused where products are fp32.
struct Operand {
  float* rows =
      nullptr;  // bytes in fact, row stride `stride` of them; readable for 32 rows past the last
  std::size_t stride = 0;
  float* scale = nullptr;  // per row, int8 only
  float* zero = nullptr;   // per row, int8 only

  [[nodiscard]] char* row(std::size_t index) const noexcept {
    return reinterpret_cast<char*>(rows) + index * stride;
  }
};

/// Grows when a larger chunk comes and is then kept: a warm one never allocates. Rows are
/// `*_stride` floats apart.
class Workspace {
 public:
  /// Makes room for `tokens` rows and for `ranks` attention calls at once over at most `longest`
  /// keys.
  void reserve(
      const NativeWeights& weights, const Kernels& kernels, std::size_t tokens, std::size_t longest,
      int ranks
  );

  float* x = nullptr;        // [tokens, hidden]: the residual stream, normalized
  float* sum = nullptr;      // [tokens, hidden]: a sublayer's output + residual, before its norm
  float* context = nullptr;  // [tokens, hidden]: attention's output
  float* qkv = nullptr;      // [tokens, 3 hidden]
  float* inner = nullptr;    // [tokens, intermediate]: between ff_in and ff_out
  float* scratch = nullptr;  // [ranks]: attention's
  Operand hidden_operand;    // rows of x or context
  Operand inner_operand;     // rows of inner
  std::size_t hidden_stride = 0;
  std::size_t qkv_stride = 0;
  std::size_t inner_stride = 0;
  std::size_t scratch_stride = 0;
  StepTimes* times = nullptr;  // [ranks]: where to add the time of each step; null: nowhere

 private:
  AlignedBuffer storage_;
};

}  // namespace martlet
