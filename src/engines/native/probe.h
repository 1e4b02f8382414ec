// A few sequences of made-up tokens that walk through the layers while these are packed, to show
// what the inputs of each product are like. No text is needed: the channels that stand out do so
// for any tokens, because positions and the first token wake them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/thread_pool.h"
#include "engines/native/weights.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// Call the steps in their order, layer by layer, each once the layer's weights that it multiplies
/// by are packed.
class Probe {
 public:
  /// `weights`: with embeddings in floats; its layers are read as they come. All must outlive the
  /// probe.
  Probe(const NativeWeights& weights, const Kernels& kernels, ThreadPool& pool);

  /// Root mean square of every input channel of query, key and value.
  [[nodiscard]] std::span<const float> layer_input();
  /// Of ff_in; runs attention.
  [[nodiscard]] std::span<const float> ff_input(const LayerWeights& layer);
  /// Runs the rest: layer_input() is then the next layer's.
  void finish_layer(const LayerWeights& layer);

 private:
  struct Matrix {
    AlignedBuffer values;  // [tokens, stride]
    std::size_t stride = 0;

    explicit Matrix(std::size_t columns);
    [[nodiscard]] float* at(std::size_t row, std::size_t column = 0) {
      return values.data() + row * stride + column;
    }
  };

  void embed();
  void attend(const LayerWeights& layer);
  /// to[:, column...] = from * linear + residual.
  void multiply(
      const Linear& linear, Matrix& from, Matrix& to, std::size_t column = 0,
      Matrix* residual = nullptr
  );
  void quantize(const Linear& linear, Matrix& from);
  void normalize(const Norm& norm);

  const NativeWeights& weights_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  std::size_t hidden_;
  Matrix x_;        // [tokens, hidden]
  Matrix sum_;      // [tokens, hidden]
  Matrix context_;  // [tokens, hidden]
  Matrix qkv_;      // [tokens, 3 hidden]
  Matrix inner_;    // [tokens, intermediate]
  AlignedBuffer operand_;
  std::size_t operand_stride_ = 0;  // bytes
  std::vector<float> scale_;        // [tokens]
  std::vector<float> zero_;         // [tokens]
  AlignedBuffer scratch_;
  std::vector<float> sizes_;
};

}  // namespace martlet
