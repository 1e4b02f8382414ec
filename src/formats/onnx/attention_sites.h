// Where a graph computes attention, and whether as one fused operator; where not, what keeps
// ONNX Runtime from fusing it while it loads the graph. That fusion knows the exports of some years
// ago: normalization of small operators (before opset 17), scores divided by a constant.
#pragma once

#include <string>
#include <vector>

#include "formats/onnx/model.h"

namespace martlet::onnx {

struct AttentionSite {
  std::string node{};  // the fused operator's node, or the Softmax of a graph of small operators
  std::string op{};    // "Attention", "MultiHeadAttention", "QAttention", ... or "Softmax"
  bool fused = false;
  /// Not fused, but of the form that ONNX Runtime's own fusion looks for.
  bool fusable = false;
  std::string reason{};  // neither: why
};

/// In the order of the graph.
std::vector<AttentionSite> find_attention(const Model& model);

}  // namespace martlet::onnx
