// The steps of a forward pass that a team does together over rows of a group: each rank does its
// part, and waits for the others only where the next step reads what they wrote.
#pragma once

#include <cstddef>

#include "engines/native/share.h"
#include "engines/native/step_timer.h"
#include "engines/native/weight_stream.h"
#include "engines/native/weights.h"
#include "engines/native/workspace.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

struct Product {
  Step step;
  const Linear& linear;
  const float* a;  // read where the layer is fp32
  std::size_t lda;
  const Operand& operand;  // read where it is not
  float* c;
  std::size_t ldc;
  // As in GemmQ; not where the layer is fp32.
  std::size_t c_column = 0;
  std::size_t c_band = 0;
  std::size_t c_band_stride = 0;
  Activation activation = Activation::kNone;
  const float* residual = nullptr;
  std::size_t ldr = 0;
};

/// One rank's part in the steps. Row 0 is the group's first.
class RankSteps {
 public:
  /// `stream` may be null.
  RankSteps(
      const Kernels& kernels, const Activations& activations, Team& team, StepTimer& timer,
      WeightStream* stream
  )
      : kernels_(kernels), w_(activations), team_(team), timer_(timer), stream_(stream) {}

  /// A matrix product over `rows` rows, dealt to the ranks.
  void multiply(const Product& product, std::size_t rows);
  /// This rank's part, named by the caller.
  void multiply(const Product& product, Range rows, Range panels);

  /// Rows of fp32 as `reader` will read them; nothing to do for fp32 itself.
  void convert(
      const Linear& reader, const float* from, std::size_t stride, const Operand& to, Range rows
  );
  /// The same as a step of its own.
  void convert_step(
      const Linear& reader, const float* from, std::size_t stride, const Operand& to,
      std::size_t rows
  );

  /// x to input, normalized, and to the operand of `reader` if there is one.
  void normalize(
      const Norm& norm, float epsilon, std::size_t hidden, std::size_t rows, const Linear* reader
  );

  /// [rows, n] of row stride hidden_stride.
  void copy_rows(const float* from, float* to, std::size_t n, Range rows);

  void barrier();
  /// Ends a step whose next step reads only the rows that this rank wrote, where rows are what is
  /// split.
  void end_of_step(std::size_t rows);

 private:
  void begin_product(const Linear& linear, Range panels);
  void multiply_f32(const Product& product, Range rows, Range panels);
  void multiply_q(const Product& product, Range rows, Range panels);

  const Kernels& kernels_;
  const Activations& w_;
  Team& team_;
  StepTimer& timer_;
  WeightStream* stream_;
};

}  // namespace martlet
