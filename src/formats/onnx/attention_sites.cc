#include "formats/onnx/attention_sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace martlet::onnx {
namespace {

constexpr std::string_view kFusedAttention[] = {
    "Attention", "MultiHeadAttention", "QAttention", "GroupQueryAttention", "PackedAttention"
};
/// Between the product of queries and keys and the Softmax: scale and mask.
constexpr std::string_view kOnScores[] = {"Add", "Sub", "Mul", "Div", "Where", "Cast"};
/// Between a projection and its product: the cut into heads, and scale.
constexpr std::string_view kOnHeads[] = {"Reshape", "Transpose", "Mul",       "Div",
                                         "Cast",    "Squeeze",   "Unsqueeze", "Identity"};
/// The operators that LayerNormalization was exported as before opset 17, last first.
constexpr std::string_view kSmallNorm[] = {"Add", "Mul", "Div"};
constexpr int kLongestWalk = 16;  // a graph with a cycle must not hold the search for ever

bool is_one_of(std::string_view op, auto& ops) {
  return std::ranges::find(ops, op) != std::end(ops);
}

/// Which node makes a value, and which use it.
class Links {
 public:
  explicit Links(const Graph& graph) {
    for (const Tensor& tensor : graph.initializers) constants_[tensor.name] = true;
    for (const Node& node : graph.nodes) {
      for (const std::string& output : node.outputs) makers_[output] = &node;
      for (const std::string& input : node.inputs) users_[input].push_back(&node);
      if (node.op != "Constant") continue;
      for (const std::string& output : node.outputs) constants_[output] = true;
    }
  }
  [[nodiscard]] bool constant(const std::string& value) const { return constants_.contains(value); }
  [[nodiscard]] const Node* maker(const std::string& value) const {
    const auto found = makers_.find(value);
    return found == makers_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const Node* user(const std::string& value, std::string_view op) const {
    const auto found = users_.find(value);
    if (found == users_.end()) return nullptr;
    const auto user = std::ranges::find(found->second, op, &Node::op);
    return user == found->second.end() ? nullptr : *user;
  }
  /// The first node upwards from `value` that is none of `passed`, going where the data comes from.
  [[nodiscard]] const Node* source(const std::string& value, auto& passed) const {
    const Node* node = maker(value);
    for (int step = 0; node != nullptr && step < kLongestWalk; ++step) {
      if (!is_one_of(node->op, passed)) return node;
      const auto data = std::ranges::find_if(node->inputs, [&](const std::string& input) {
        return !constant(input) && maker(input) != nullptr && leads_to_data(input);
      });
      if (data == node->inputs.end()) return node;
      node = maker(*data);
    }
    return node;
  }
  /// Whether the nodes upwards from `value`, by their first inputs, are these.
  [[nodiscard]] bool is_made_by(std::string value, auto& ops) const {
    for (const std::string_view op : ops) {
      const Node* node = maker(value);
      if (node == nullptr || node->op != op || node->inputs.empty()) return false;
      value = node->inputs.front();
    }
    return true;
  }

 private:
  /// Shapes and masks are made of these; data is not.
  [[nodiscard]] bool leads_to_data(const std::string& value) const {
    static constexpr std::string_view kNoData[] = {
        "Shape", "Concat", "Unsqueeze", "Gather", "Cast", "Expand", "Not", "Equal", "Constant"
    };
    const Node* node = maker(value);
    return node == nullptr || !is_one_of(node->op, kNoData);
  }

  std::map<std::string, const Node*> makers_;
  std::map<std::string, std::vector<const Node*>> users_;
  std::map<std::string, bool> constants_;
};

/// x W + b: what it multiplies, or why it is not of that form.
struct Projection {
  std::string input{};
  std::string problem{};
};

Projection find_projection(const Links& links, const std::string& value, std::string_view what) {
  const Node* add = links.source(value, kOnHeads);
  if (add == nullptr) return {.problem = fmt::format("the {} is an input of the graph", what)};
  if (add->op != "Add") {
    return {
        .problem = fmt::format(
            "the {} comes from {} '{}', expected MatMul and Add", what, add->op, add->name
        )
    };
  }
  for (const std::string& input : add->inputs) {
    const Node* product = links.maker(input);
    if (product == nullptr || product->op != "MatMul" || product->inputs.size() < 2) continue;
    if (!links.constant(product->inputs[1])) {
      return {.problem = fmt::format("the {}'s weight is computed by the graph", what)};
    }
    return {.input = product->inputs[0]};
  }
  const Node* other = links.maker(add->inputs.front());
  return {
      .problem = fmt::format(
          "the {} is the sum of {}, expected a MatMul with a bias", what,
          other == nullptr ? "inputs" : other->op
      )
  };
}

/// Empty where the queries, keys and values are what ONNX Runtime's fusion looks for.
std::string why_not(
    const Links& links, const Node& scores, const Node& context, const Node& softmax
) {
  const bool shares_first =
      std::ranges::find(softmax.outputs, context.inputs[0]) != softmax.outputs.end();
  const std::string& values = context.inputs[shares_first ? 1 : 0];
  const std::pair<std::string_view, std::string> parts[] = {
      {"query", scores.inputs[0]}, {"key", scores.inputs[1]}, {"value", values}
  };
  std::string input;
  for (const auto& [what, value] : parts) {
    const Projection projection = find_projection(links, value, what);
    if (!projection.problem.empty()) return projection.problem;
    if (!input.empty() && projection.input != input) {
      return fmt::format(
          "the {} is of '{}', the query of '{}', expected one input", what, projection.input, input
      );
    }
    input = projection.input;
  }
  if (links.user(scores.outputs[0], "Div") == nullptr)
    return "its scores are not divided by a constant, which ONNX Runtime's fusion looks for";
  if (links.is_made_by(input, kSmallNorm)) return {};
  const Node* norm = links.maker(input);
  if (norm == nullptr) return "its input comes from outside the graph, expected a normalization";
  return fmt::format(
      "its input comes from {} '{}', expected a normalization of small operators, as before opset "
      "17",
      norm->op, norm->name
  );
}

std::optional<AttentionSite> site_of(const Links& links, const Node& softmax) {
  if (softmax.inputs.empty() || softmax.outputs.empty()) return std::nullopt;
  const Node* scores = links.source(softmax.inputs[0], kOnScores);
  const Node* context = links.user(softmax.outputs[0], "MatMul");
  const bool attends = scores != nullptr && scores->op == "MatMul" && scores->inputs.size() == 2 &&
                       context != nullptr && context->inputs.size() == 2 &&
                       !links.constant(scores->inputs[1]);
  if (!attends) return std::nullopt;
  AttentionSite site{.node = softmax.name, .op = softmax.op, .reason = {}};
  site.reason = why_not(links, *scores, *context, softmax);
  site.fusable = site.reason.empty();
  return site;
}

}  // namespace

std::vector<AttentionSite> find_attention(const Model& model) {
  const Graph& graph = model.graph;
  const Links links(graph);
  std::vector<AttentionSite> sites;
  for (const Node& node : graph.nodes) {
    if (is_one_of(node.op, kFusedAttention)) {
      sites.push_back({.node = node.name, .op = node.op, .fused = true, .reason = {}});
    } else if (node.op == "Softmax") {
      if (auto site = site_of(links, node)) sites.push_back(*std::move(site));
    }
  }
  return sites;
}

}  // namespace martlet::onnx
