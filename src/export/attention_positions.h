// How attention knows where tokens stand, as a graph: by what distances add to scores, by rotations
// of queries and keys, and by the products of both with embeddings of distances. What is the same
// for all layers is computed once.
#pragma once

#include <cstdint>
#include <string>

#include "export/encoder_tensors.h"
#include "export/graph_builder.h"

namespace martlet {

/// Where a layer stands.
struct Place {
  std::string name{};       // of its weights in the graph
  bool first_only = false;  // the first token alone asks
  std::int32_t window = 0;  // how far a token sees; 0: to the ends of the text
};

class AttentionPositions {
 public:
  /// `ids`: [batch, sequence]. All must outlive it.
  AttentionPositions(GraphBuilder& graph, const EncoderTensors& tensors, std::string ids)
      : graph_(graph), tensors_(tensors), ids_(std::move(ids)) {}

  /// Queries and keys are turned.
  [[nodiscard]] bool turn() const noexcept { return tensors_.config.rotary.rotates(); }
  /// Queries and keys are multiplied with embeddings of distances.
  [[nodiscard]] bool multiply() const noexcept { return tensors_.config.distances.matter(); }
  /// Attention is more than products, masks and values.
  [[nodiscard]] bool matter() const noexcept {
    return turn() || multiply() || !tensors_.embeddings.relative_bias.empty();
  }
  /// x [batch, sequence, heads, head_dim], turned; as it is where nothing is.
  std::string turned(const std::string& x, const Place& place);
  /// What is added to scores, [1, heads or 1, sequence or 1, sequence]; empty: nothing.
  std::string bias(const Place& place);

  /// The embeddings of distances, [1, rows, hidden].
  std::string distance_embeddings();
  /// Queries and keys of tokens [batch, sequence or 1, heads, head_dim], and those that a layer
  /// makes of distance_embeddings().
  struct Operands {
    std::string query;
    std::string key;
    std::string distance_query;
    std::string distance_key;
  };
  /// The sum of the products of queries and keys with each other's distances,
  /// [batch, heads, sequence or 1, sequence].
  std::string distance_products(const Operands& operands, const Place& place);

 private:
  /// Cosines and sines, [sequence, 1, head_dim / 2].
  struct Rotation {
    std::string cosines;
    std::string sines;
  };
  const Rotation& rotation(const Place& place);
  Rotation make_rotation(float theta);
  std::string relative_bias();
  std::string window_bias();
  /// Which embedding each distance has, [batch, heads, sequence or 1, sequence].
  std::string distance_rows(const Place& place);
  /// 0, 1, 2 ... [sequence]
  const std::string& positions();
  /// By how much the key is behind the query, [sequence, sequence].
  const std::string& distances();

  GraphBuilder& graph_;
  const EncoderTensors& tensors_;
  std::string ids_;
  // What has been computed so far; empty: not yet.
  std::string positions_;
  std::string distances_;
  std::string bias_;
  std::string distance_rows_;
  Rotation full_;
  Rotation local_;
};

}  // namespace martlet
