// How attention knows where tokens stand, as a graph: by what distances add to scores, and by
// rotations of queries and keys. Each is computed once and shared by the layers.
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
  /// Attention is more than products, masks and values.
  [[nodiscard]] bool matter() const noexcept {
    return turn() || !tensors_.embeddings.relative_bias.empty();
  }
  /// x [batch, sequence, heads, head_dim], turned; as it is where nothing is.
  std::string turned(const std::string& x, const Place& place);
  /// What is added to scores, [1, heads or 1, sequence or 1, sequence]; empty: nothing.
  std::string bias(const Place& place);

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
  Rotation full_;
  Rotation local_;
};

}  // namespace martlet
