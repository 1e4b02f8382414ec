// What differs between the encoder families: the names of their weights and the shape of their
// heads.
//
// The forward pass is written once (forward.h) and driven by the model's numbers (HfConfig) and
// this description; a new family of the same shape is one more entry in family.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/checkpoint.h"
#include "formats/hf_config.h"
#include "kernels/cpu/activation.h"
#include "martlet/status.h"

namespace martlet {

/// Names are without ".weight" and ".bias"; "{}" in a layer's name stands for its number. All but
/// the heads' follow base_model_prefix() in checkpoints saved with a head, and stand alone in those
/// saved without.
struct Family {
  std::string_view model_type;

  std::string_view word_embeddings;
  std::string_view position_embeddings;  // empty: none are added
  std::string_view type_embeddings;      // empty: the family has no token types
  std::string_view embedding_norm;
  /// [buckets, heads]: what attention adds by distance; empty: nothing.
  std::string_view relative_bias;
  /// [2 span, hidden]: DeBERTa's embeddings of distances, and their norm; empty: there are none.
  std::string_view distance_embeddings{};
  std::string_view distance_norm{};
  /// From embedding_size to hidden_size, where they differ, and where the checkpoint has it; empty:
  /// they never do.
  std::string_view embedding_projection;

  std::string_view query;
  std::string_view key;
  std::string_view value;
  std::string_view query_key_value{};  // all three in one; empty: each has its own
  std::string_view attention_out;
  std::string_view attention_norm;
  std::string_view ff_in;
  std::string_view ff_out;
  std::string_view ff_norm;
  /// Behind the last layer. Empty: the last sublayer's own norm is the end. Where it is not, the
  /// other norms stand before their sublayers, but for the first attention's, which there is not.
  std::string_view final_norm{};

  std::string_view pooler;  // dense + tanh on the first token; empty: none

  /// The sequence classification head: classifier(activation(dense(first token))).
  std::string_view head_dense;
  bool head_dense_in_prefix;  // the dense part belongs to the base model (BERT's pooler)
  Activation head_activation;
  std::string_view head_norm{};  // between the activation and the classifier; empty: none
  std::string_view classifier;

  std::string_view token_classifier;
  bool token_head_dense = false;  // the token classifier too has the dense part before it
};

/// What a config.json says of how a model is built.
struct Architecture {
  const Family* family;        // never null
  Activation activation;       // between ff_in and ff_out
  Activation head_activation;  // behind the head's dense part
};

/// kUnsupported for a family or an option of it that martlet does not have; `where` is the file.
Result<Architecture> find_architecture(const HfConfig& config, std::string_view where);

/// The head classifies every token, not the sequence.
bool is_token_classifier(const HfConfig& config);

/// What a checkpoint calls a family's weights, without ".weight" and ".bias". Both must outlive it.
class WeightNames {
 public:
  WeightNames(const Checkpoint& checkpoint, const Family& family);

  [[nodiscard]] const Family& family() const noexcept { return *family_; }
  /// Of the encoder itself.
  [[nodiscard]] std::string base(std::string_view name) const;
  /// Of its layer `index`.
  [[nodiscard]] std::string layer(std::string_view pattern, int index) const;
  /// Of the norm that follows attention, and the other sublayer, of layer `index` out of `layers`.
  [[nodiscard]] std::string norm_after_attention(int index) const;
  [[nodiscard]] std::string norm_after_ff(int index, int layers) const;
  [[nodiscard]] std::string head_dense() const;
  /// The last layer of the head that `config` names.
  [[nodiscard]] std::string classifier(const HfConfig& config) const;
  [[nodiscard]] bool has(const std::string& name) const;

 private:
  const Checkpoint* checkpoint_;
  const Family* family_;
  std::string_view prefix_;  // empty: the checkpoint is of a bare encoder
};

/// [max_positions, embedding_size], or empty where positions add nothing. What every token's type
/// adds is in it where there is but one.
Result<FloatTensor> read_positions(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
);
/// [heads, 2 max_length - 1]: what attention adds to a score, by how far the key is behind the
/// query (from 1 - max_length on); empty where the family has no such bias.
Result<std::vector<float>> read_relative_bias(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
);
/// [type_vocab_size, embedding_size], or empty where texts have no types.
Result<FloatTensor> read_types(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
);

}  // namespace martlet
