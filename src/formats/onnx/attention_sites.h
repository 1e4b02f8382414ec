// Where a graph computes attention, and whether as one fused operator; where not, what keeps
// ONNX Runtime from fusing it.
#pragma once

#include <string>
#include <vector>

#include "formats/onnx/model.h"

namespace martlet::onnx {

struct AttentionSite {
  std::string node{};  // the fused operator's node, or the Softmax of a graph of small operators
  std::string op{};    // "Attention", "MultiHeadAttention", "QAttention", ... or "Softmax"
  bool fused = false;
  /// Not fused, but of the form that ONNX Runtime fuses by itself when it loads the graph.
  bool fusable = false;
  std::string reason{};  // neither: why
};

/// In the order of the graph.
std::vector<AttentionSite> find_attention(const Graph& graph);

}  // namespace martlet::onnx
