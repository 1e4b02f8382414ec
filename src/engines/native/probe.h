// A few sequences of made-up tokens that walk through the layers while these are packed, to show
// what the inputs of each product are like. No text is needed: the channels that stand out do so
// for any tokens, because positions and the first token wake them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/thread_pool.h"
#include "engines/native/group_pass.h"
#include "engines/native/weights.h"
#include "engines/native/workspace.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// Call the steps in their order, layer by layer, each once the layer's weights that it multiplies
/// by are packed.
class Probe {
 public:
  /// `weights`: with embeddings, and layers that are still to be packed. All must outlive the
  /// probe.
  Probe(const NativeWeights& weights, const Kernels& kernels, ThreadPool& pool);

  /// Root mean square of every input channel of query, key and value.
  [[nodiscard]] std::span<const float> layer_input();
  /// Of ff_in; runs attention.
  [[nodiscard]] std::span<const float> ff_input(const LayerWeights& layer);
  /// Runs the rest: layer_input() is then the next layer's.
  void finish_layer(const LayerWeights& layer);

 private:
  /// Every rank of the pool does its part of `work`.
  void run(const std::function<void(GroupPass&)>& work);

  const NativeWeights& weights_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> starts_;
  Workspace workspace_;
  std::vector<float> sizes_;  // [hidden]
};

}  // namespace martlet
