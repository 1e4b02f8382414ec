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

#include "core/aligned_buffer.h"
#include "core/thread_pool.h"
#include "engines/native/weights.h"
#include "kernels/cpu/kernels.h"
#include "martlet/encoder.h"

namespace martlet {

/// Sequences [begin, end) of a batch.
struct Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The activations of one chunk. Grows when a larger chunk comes and is then kept: a warm one never
/// allocates.
class Workspace {
 public:
  /// Makes room for `tokens` rows and for `ranks` attention calls at once over at most `longest`
  /// keys.
  void reserve(
      const NativeWeights& weights, const Kernels& kernels, std::size_t tokens, std::size_t longest,
      int ranks
  );

  float* x = nullptr;    // [tokens, hidden_stride]: the residual stream, normalized
  float* sum = nullptr;  // [tokens, hidden_stride]: a sublayer's output + residual, before its norm
  float* context =
      nullptr;           // [tokens, hidden_stride]: attention's output; also gathered first tokens
  float* qkv = nullptr;  // [tokens, qkv_stride]
  float* inner = nullptr;    // [tokens, inner_stride]: between ff_in and ff_out
  float* scratch = nullptr;  // [ranks, scratch_stride]: attention's
  std::size_t hidden_stride = 0;
  std::size_t qkv_stride = 0;
  std::size_t inner_stride = 0;
  std::size_t scratch_stride = 0;

 private:
  AlignedBuffer storage_;
};

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
  struct Pass;
  const NativeWeights& weights_;
  const Kernels& kernels_;
};

}  // namespace martlet
