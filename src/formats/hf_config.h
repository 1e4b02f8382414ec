// config.json of a Hugging Face model directory: what the engines and pipelines need of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "formats/distance_config.h"
#include "formats/rotary_config.h"
#include "martlet/status.h"

namespace martlet {

struct HfConfig {
  std::string model_type;                  // "bert", "distilbert"
  std::vector<std::string> architectures;  // "BertForSequenceClassification"; may be empty
  std::int32_t vocab_size = 0;
  std::int32_t hidden_size = 0;
  std::int32_t embedding_size = 0;  // of the embeddings; hidden_size in most families
  std::int32_t layers = 0;
  std::int32_t layer_groups = 0;  // layers in a row share weights, so many of them; 0: none do
  std::int32_t heads = 0;
  std::int32_t intermediate_size = 0;
  std::int32_t max_positions = 0;
  /// RoBERTa's positions: those of the tokens with this id are the id itself, those of all others
  /// count on from the next. -1: positions count from 0.
  std::int32_t padding_position = -1;
  std::int32_t type_vocab_size = 0;   // 0 where the family has no token types
  std::int32_t relative_buckets = 0;  // rows of MPNet's bias by distance; 0: there is none
  bool adds_positions = true;         // position embeddings, of families that have them
  bool one_type = false;              // every token is of the first type, in pairs too
  RotaryConfig rotary;                // where positions are rotations
  DistanceConfig distances;           // where attention has embeddings of distances
  float layer_norm_eps = 1e-12F;
  std::string hidden_act = "gelu";
  std::string head_act;          // of the classification head; empty: the family's
  bool head_reads_mean = false;  // a sequence classifier looks at the mean of all tokens
  bool gated = false;            // a layer's inner outputs are multiplied with as many gates
  /// Sublayers read what their norm makes of the sum of all before, and a last norm ends the
  /// encoder; else every sublayer ends with its norm.
  bool pre_norm = false;
  /// Which parts have biases.
  struct Biases {
    bool attention = true;
    bool ff = true;
    bool norm = true;
    bool head_dense = true;
  };
  Biases biases{};
  std::string position_embedding_type = "absolute";
  bool is_decoder = false;
  std::vector<std::string> labels;  // id2label in id order; LABEL_i where only num_labels is given
  std::string problem_type;         // "", "regression", "single_label_classification",
                                    // "multi_label_classification"
  std::string activation_fn;        // as TaskConfig has it

  /// Which weights layer `index` has, counted from 0.
  [[nodiscard]] std::int32_t weights_of(std::int32_t index) const noexcept {
    if (layer_groups == 0) return index;
    return static_cast<std::int32_t>(index / (static_cast<double>(layers) / layer_groups));
  }
  /// What attention's products are scaled by: 1 over the square root of the head's size, times that
  /// of the number of products in a score (of queries and keys, and of either with distances).
  [[nodiscard]] float score_scale() const noexcept;
  /// Tokens of the longest sequence.
  [[nodiscard]] std::int32_t max_length() const noexcept {
    return max_positions - (padding_position + 1);
  }
  /// Token types that a text may have; 0: type ids have no meaning.
  [[nodiscard]] std::int32_t text_types() const noexcept { return one_type ? 0 : type_vocab_size; }
};

/// Reads the families' different key names (n_layers, dim, ...) into the one struct. Every number
/// is range-checked: kInvalidModel for what is malformed or contradictory, kUnsupported for an
/// unknown model_type.
Result<HfConfig> parse_hf_config(std::string_view json, std::string_view where);

/// What the weights of a family's task models put before the encoder's own names: "bert." in
/// "bert.encoder.layer.0...". Empty for an unknown family.
std::string_view base_model_prefix(std::string_view model_type) noexcept;

/// From DIRECTORY/config.json, or what belongs to a graph file; see graph_file.h.
Result<HfConfig> load_hf_config(const std::filesystem::path& directory);

}  // namespace martlet
