// The activations of one chunk on its way through the network.
#pragma once

#include <cstddef>
#include <vector>

#include "core/aligned_buffer.h"
#include "engines/native/step_timer.h"
#include "engines/native/weight_stream.h"
#include "engines/native/weights.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// Rows in the low precision that a product reads; unused where products are fp32.
struct Operand {
  float* rows =
      nullptr;  // bytes in fact, row stride `stride` of them; readable for 32 rows past the last
  std::size_t stride = 0;
  float* scale = nullptr;   // per row, int8 only
  float* offset = nullptr;  // per row, int8 only

  [[nodiscard]] char* row(std::size_t index) const noexcept {
    return reinterpret_cast<char*>(rows) + index * stride;
  }
};

/// Where the activations of some rows lie. Rows are `*_stride` floats apart.
struct Activations {
  // Of every row of the chunk:
  /// [tokens, hidden]: the residual stream, to which a sublayer adds its output in place.
  float* x = nullptr;
  /// [tokens, hidden]: what layers and outputs read: x's norm, in place, or in a place of its own
  /// where norms come first.
  float* input = nullptr;
  Operand hidden_operand;  // rows of input or context
  Operand inner_operand;   // rows of inner
  // Of the rows of one group, which is what a part of a layer is computed for at a time:
  float* spare = nullptr;    // [rows, hidden]: of products that can stay neither in x nor in input
  float* context = nullptr;  // [rows, hidden]: attention's output
  float* qkv = nullptr;      // [rows, 3 hidden]
  float* inner = nullptr;    // [rows, intermediate]: between ff_in and ff_out
  float* gate = nullptr;     // likewise, where ff_in has a gate
  float* scratch = nullptr;  // [ranks]: attention's

  std::size_t hidden_stride = 0;
  std::size_t qkv_stride = 0;
  std::size_t inner_stride = 0;
  std::size_t scratch_stride = 0;

  /// The same for a group whose first row is the chunk's `row`.
  [[nodiscard]] Activations from(std::size_t row) const noexcept;
};

/// How much a chunk needs.
struct WorkspaceSize {
  std::size_t tokens = 0;        // of the chunk
  std::size_t group_tokens = 0;  // of its largest group
  std::size_t longest = 0;       // keys of its longest sequence
  int ranks = 1;                 // that compute attention at once
};

/// Grows when a larger chunk comes and is then kept: a warm one never allocates.
class Workspace {
 public:
  void reserve(const NativeWeights& weights, const Kernels& kernels, const WorkspaceSize& size);

  [[nodiscard]] const Activations& activations() const noexcept { return activations_; }

  [[nodiscard]] WeightStream& stream(int rank) noexcept {
    return streams_[static_cast<std::size_t>(rank)];
  }

  StepTimes* times = nullptr;  // [ranks]: where to add the time of each step; null: nowhere

 private:
  Activations activations_;
  AlignedBuffer storage_;
  std::vector<WeightStream> streams_;  // [ranks]
};

}  // namespace martlet
