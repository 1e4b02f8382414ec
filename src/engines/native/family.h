// What differs between the encoder families: the names of their weights and the shape of their
// heads.
//
// The forward pass is written once (forward.h) and driven by the model's numbers (HfConfig) and
// this description; a new family of the same shape is one more entry in family.cc.
#pragma once

#include <string>
#include <string_view>

#include "kernels/cpu/activation.h"

namespace martlet {

/// Names are without ".weight" and ".bias"; "{}" in a layer's name stands for its number. All but
/// the head's and `classifier` follow `prefix` in checkpoints saved with a head, and stand alone in
/// those saved without.
struct Family {
  std::string_view model_type;
  std::string_view prefix;

  std::string_view word_embeddings;
  std::string_view position_embeddings;
  std::string_view type_embeddings;  // empty: the family has no token types
  std::string_view embedding_norm;

  std::string_view query;
  std::string_view key;
  std::string_view value;
  std::string_view attention_out;
  std::string_view attention_norm;
  std::string_view ff_in;
  std::string_view ff_out;
  std::string_view ff_norm;

  std::string_view pooler;  // dense + tanh on the first token; empty: none

  /// The sequence classification head: classifier(activation(dense(first token))).
  std::string_view head_dense;
  bool head_dense_in_prefix;  // the dense part belongs to the base model (BERT's pooler)
  Activation head_activation;
  std::string_view classifier;
};

/// Null when there is no such family.
const Family* find_family(std::string_view model_type) noexcept;

/// "bert, distilbert".
std::string known_families();

}  // namespace martlet
