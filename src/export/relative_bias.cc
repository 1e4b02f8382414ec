// Attention's bias by distance as a graph.
#include <cstdint>
#include <numeric>
#include <vector>

#include "export/blocks.h"

namespace martlet {
namespace {

using onnx::Attribute;

/// 0, 1 ... count - 1.
std::vector<std::int64_t> counted(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

std::string relative_bias(
    GraphBuilder& graph, const EncoderTensors& tensors, const std::string& ids
) {
  if (tensors.relative_bias.empty()) return {};
  const std::int64_t longest = tensors.config.max_length();
  const std::string table = graph.weight(
      "attention.relative_bias", {tensors.config.heads, 2 * longest - 1}, tensors.relative_bias
  );
  const std::string length = graph.add(
      "Shape", {ids},
      {.attributes =
           {Attribute::of("start", std::int64_t{1}), Attribute::of("end", std::int64_t{2})}}
  );
  const std::string keys =
      graph.add("Slice", {graph.ints(counted(longest)), graph.ints({0}), length});
  const std::string queries = graph.add("Unsqueeze", {keys, graph.ints({1})});
  const std::string places =
      graph.add("Add", {graph.add("Sub", {keys, queries}), graph.ints({longest - 1})});
  const std::string bias = graph.add(
      "Gather", {table, places}, {.attributes = {Attribute::of("axis", std::int64_t{1})}}
  );
  return graph.add("Unsqueeze", {bias, graph.ints({0})});
}

std::string first_query(GraphBuilder& graph, const std::string& bias) {
  return graph.add("Slice", {bias, graph.ints({0}), graph.ints({1}), graph.ints({2})});
}

}  // namespace martlet
