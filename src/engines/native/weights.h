// A model's weights as the native engine holds them: packed once for the level that runs, shared by
// every call.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/arena.h"
#include "core/thread_pool.h"
#include "engines/native/distance_attention.h"
#include "engines/native/family_tensors.h"
#include "engines/native/linear.h"
#include "engines/native/rotary.h"
#include "engines/native/word_embeddings.h"
#include "formats/checkpoint.h"
#include "formats/hf_config.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

struct Norm {
  AlignedBuffer gamma;
  AlignedBuffer beta;
};

struct LayerWeights {
  Linear query;
  Linear key_value;  // K's outputs, then V's
  Linear attention_out;
  Norm attention_norm;  // behind attention, where pre_norm puts the next sublayer's
  Linear ff_in;
  std::optional<Linear> ff_gate;  // what ff_in's activated outputs are multiplied with
  Linear ff_out;
  Norm ff_norm;  // behind the layer
  /// How far a token sees; 0: to the ends of its sequence.
  std::size_t window = 0;
  const RotaryTable* rotary = nullptr;    // of queries and keys; null: they stay as they are
  std::vector<DistanceTables> distances;  // [heads]; empty: distances add nothing of their own
};

enum class HeadKind { kNone, kSequence, kToken };

struct NativeWeights {
  NativeWeights(
      HfConfig model_config, const Architecture& architecture, Checkpoint model_checkpoint
  )
      : config(std::move(model_config)),
        activation(architecture.activation),
        head_activation(architecture.head_activation),
        checkpoint(std::move(model_checkpoint)) {}

  HfConfig config;
  PrecisionPlan precision;
  Activation activation;  // between ff_in and ff_out
  Activation head_activation;

  Arena arena;            // of all that is packed
  Checkpoint checkpoint;  // owns the bytes the embedding tables may point into
  WordEmbeddings word_embeddings;
  FloatTensor position_embeddings;  // [max_positions, embedding_size], or empty
  FloatTensor type_embeddings;      // [type_vocab_size, embedding_size], or empty
  Norm embedding_norm;
  std::vector<float> relative_bias;            // see read_relative_bias
  FloatTensor distances;                       // [rows, hidden], normalized, or empty
  std::vector<std::int32_t> distance_rows;     // see distance_rows(); empty: they do not matter
  std::optional<Linear> embedding_projection;  // where embedding_size is not hidden_size
  std::unique_ptr<const RotaryTables> rotary;  // null: positions are no rotations
  /// Layers that share weights, and their precision, are one.
  std::vector<std::shared_ptr<const LayerWeights>> layers;

  /// What attention adds to the scores of head `index` at distance 0; null: nothing.
  [[nodiscard]] const float* bias_of(std::size_t index) const noexcept {
    if (relative_bias.empty()) return nullptr;
    const auto longest = static_cast<std::size_t>(config.max_length());
    return relative_bias.data() + index * (2 * longest - 1) + longest - 1;
  }

  std::optional<Linear> pooler;
  HeadKind head = HeadKind::kNone;
  std::optional<Linear> head_dense;  // where it is not the pooler; token heads may have none
  std::optional<Norm> head_norm;     // behind head_dense
  Linear classifier;
};

struct WeightOptions {
  std::filesystem::path adapter{};
  PrecisionPlan precision{};
};

/// Reads, checks and packs the model in `directory`; the layers are packed by `pool`.
Result<NativeWeights> load_native_weights(
    const std::filesystem::path& directory, const WeightOptions& options, const Kernels& kernels,
    ThreadPool& pool
);

}  // namespace martlet
