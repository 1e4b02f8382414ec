// The forward pass of an encoder over packed rows: embeddings, layers, outputs.
//
// Two ways to use threads, one code. Large batches are cut into chunks of whole sequences; each
// rank takes chunks and runs the whole network on them alone, without a barrier. Small batches are
// one chunk that all ranks compute together: rows are split when there are enough of them, else the
// columns of every product.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/thread_pool.h"
#include "engines/native/group_pass.h"
#include "engines/native/weights.h"
#include "engines/native/workspace.h"
#include "kernels/cpu/kernels.h"
#include "martlet/encoder.h"

namespace martlet {

/// Tokens that a rank alone takes through a layer at a time (or one longer sequence): what passes
/// between the layer's products then stays in L2, beside the layer's weights.
inline constexpr std::size_t kGroupTokens = 128;

class Forward {
 public:
  Forward(const NativeWeights& weights, const Kernels& kernels)
      : weights_(weights), kernels_(kernels) {}

  /// Runs `chunk` of `batch` and writes its rows of `output`, whose size the caller has set. Every
  /// rank of the team calls it with the same arguments; `workspace` is reserved for the chunk.
  void run(
      const TokenBatch& batch, const Chunk& chunk, OutputKind kind, Workspace& workspace,
      Team& team, EncoderOutput& output
  ) const;

 private:
  const NativeWeights& weights_;
  const Kernels& kernels_;
};

}  // namespace martlet
