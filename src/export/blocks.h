// What an encoder is made of, in one dialect of ONNX: ONNX's own operators, or ONNX Runtime's fused
// ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "export/attention_positions.h"
#include "export/encoder_tensors.h"
#include "export/graph_builder.h"

namespace martlet {

/// The graph's inputs, int64 [batch, sequence].
struct EncoderInputs {
  std::string ids;
  std::string mask;
  std::string type_ids;  // empty: the model has no token types
};

/// What passes from sublayer to sublayer.
struct Stream {
  std::string sum;    // what the next one adds to
  std::string input;  // what it reads: the same, or its norm where norms come first
};

/// A normalization, and what the weights of it and of the layer before it are called in the graph.
struct NamedNorm {
  const NormTensors& tensors;
  std::string name;
};

/// Values are [batch, sequence, ...], or [batch, 1, ...] where only the first token is left.
class Blocks {
 public:
  virtual ~Blocks() = default;
  /// Word, position and type embeddings, normalized.
  virtual std::string embeddings(const EncoderTensors& tensors) = 0;
  /// Attention of the tokens to all that they see; before its output layer.
  virtual std::string attention(
      const std::string& x, const LayerTensors& layer, const Place& place
  ) = 0;
  virtual std::string dense(
      const std::string& x, const DenseTensors& dense, const std::string& name
  ) = 0;
  /// activation(dense(x)).
  virtual std::string activated(
      const std::string& x, const DenseTensors& dense, const std::string& name,
      Activation activation
  ) = 0;
  /// stream.sum + dense(x), and its norm.
  virtual Stream residual(
      const std::string& x, const Stream& stream, const DenseTensors& dense, const NamedNorm& norm
  ) = 0;
};

std::unique_ptr<Blocks> make_plain_blocks(
    GraphBuilder& graph, const EncoderTensors& tensors, EncoderInputs inputs
);
std::unique_ptr<Blocks> make_fused_blocks(
    GraphBuilder& graph, const EncoderTensors& tensors, const EncoderInputs& inputs
);

/// The positions of ids [batch, sequence] that count on from the padding token's, int64; see
/// HfConfig::padding_position.
std::string padded_positions(GraphBuilder& graph, const std::string& ids, std::int64_t padding);
std::string transposed(GraphBuilder& graph, const std::string& x, std::vector<std::int64_t> order);
/// x[:, :1]
std::string first_token(GraphBuilder& graph, const std::string& x);
std::string normalized(
    GraphBuilder& graph, const std::string& x, const NamedNorm& norm, float epsilon
);
/// activation(x) of ONNX's own operators.
std::string activate(GraphBuilder& graph, const std::string& x, Activation activation);

}  // namespace martlet
