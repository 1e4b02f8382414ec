// The weights of an encoder by what they are for, as fp32 and in the order of the checkpoint: what
// the native engine packs and the export writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/native/family.h"
#include "formats/checkpoint.h"
#include "formats/hf_config.h"
#include "martlet/status.h"

namespace martlet {

struct DenseTensors {
  FloatTensor weight;  // [outputs, inputs]
  FloatTensor bias;    // [outputs]; zeros where the model has none
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
};

struct NormTensors {
  FloatTensor gamma;
  FloatTensor beta;  // zeros where the model has none
};

struct EmbeddingTensors {
  FloatTensor words;      // [vocab_size, embedding_size]
  FloatTensor positions;  // [max_positions, embedding_size], or empty
  FloatTensor types;      // [type_vocab_size, embedding_size], or empty
  NormTensors norm;
  std::vector<float> relative_bias;        // see read_relative_bias
  FloatTensor distances;                   // [2 span, hidden], normalized, or empty
  std::optional<DenseTensors> projection;  // where embedding_size is not hidden_size

  [[nodiscard]] bool typed() const noexcept { return !types.values().empty(); }
};

struct LayerTensors {
  DenseTensors query;
  DenseTensors key;
  DenseTensors value;
  DenseTensors attention_out;
  NormTensors attention_norm;  // behind attention, where pre_norm puts the next sublayer's
  DenseTensors ff_in;
  std::optional<DenseTensors> ff_gate;  // as many outputs as ff_in
  DenseTensors ff_out;
  NormTensors ff_norm;  // behind the layer
};

struct HeadTensors {
  std::optional<DenseTensors> pooler;      // dense + tanh on the first token
  std::optional<DenseTensors> dense;       // before the classifier
  std::optional<NormTensors> norm;         // behind dense and its activation
  std::optional<DenseTensors> classifier;  // none: a bare encoder
  bool tokens = false;                     // it classifies every token
};

/// Reads by the family's names. What it is made of must outlive it.
class FamilyTensors {
 public:
  FamilyTensors(const Checkpoint& checkpoint, const Family& family, const HfConfig& config)
      : checkpoint_(checkpoint), config_(config), names_(checkpoint, family) {}

  [[nodiscard]] Status embeddings(EmbeddingTensors& out) const;
  [[nodiscard]] Status layer(int index, LayerTensors& out) const;
  [[nodiscard]] Status heads(HeadTensors& out) const;

 private:
  struct Shape {
    std::int64_t outputs;
    std::int64_t inputs;
    bool biased = true;
  };
  [[nodiscard]] const Family& family() const noexcept { return names_.family(); }
  [[nodiscard]] Status distances(FloatTensor& out) const;
  [[nodiscard]] Status norm(const std::string& name, std::int64_t size, NormTensors& out) const;
  [[nodiscard]] Status dense(const std::string& name, const Shape& shape, DenseTensors& out) const;
  /// The parts of a layer that has the outputs of them all, in their order.
  [[nodiscard]] Status joined(
      const std::string& name, const Shape& part, const std::vector<DenseTensors*>& parts
  ) const;
  [[nodiscard]] Status attention(int index, LayerTensors& out) const;
  [[nodiscard]] Status feed_forward(int index, LayerTensors& out) const;

  const Checkpoint& checkpoint_;
  const HfConfig& config_;
  WeightNames names_;
};

}  // namespace martlet
