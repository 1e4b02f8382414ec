#include "export/attention_positions.h"

#include <numeric>
#include <vector>

#include "engines/native/rotary.h"
#include "export/blocks.h"

namespace martlet {
namespace {

using onnx::Attribute;
using onnx::DataType;

/// 0, 1 ... count - 1.
std::vector<std::int64_t> counted(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// bias[:, :, :1]
std::string first_query(GraphBuilder& graph, const std::string& bias) {
  return graph.add("Slice", {bias, graph.ints({0}), graph.ints({1}), graph.ints({2})});
}

}  // namespace

const std::string& AttentionPositions::positions() {
  if (!positions_.empty()) return positions_;
  const std::string length = graph_.add(
      "Shape", {ids_},
      {.attributes =
           {Attribute::of("start", std::int64_t{1}), Attribute::of("end", std::int64_t{2})}}
  );
  const std::string all = graph_.own_ints("positions", counted(tensors_.config.max_length()));
  return positions_ = graph_.add("Slice", {all, graph_.ints({0}), length});
}

const std::string& AttentionPositions::distances() {
  if (!distances_.empty()) return distances_;
  const std::string queries = graph_.add("Unsqueeze", {positions(), graph_.ints({1})});
  return distances_ = graph_.add("Sub", {positions(), queries});
}

std::string AttentionPositions::relative_bias() {
  const std::int64_t longest = tensors_.config.max_length();
  const std::string table = graph_.weight(
      "attention.relative_bias", {tensors_.config.heads, 2 * longest - 1},
      tensors_.embeddings.relative_bias
  );
  const std::string places = graph_.add("Add", {distances(), graph_.ints({longest - 1})});
  const std::string bias = graph_.add(
      "Gather", {table, places}, {.attributes = {Attribute::of("axis", std::int64_t{1})}}
  );
  return graph_.add("Unsqueeze", {bias, graph_.ints({0})});
}

std::string AttentionPositions::window_bias() {
  constexpr float kOutside = -10000;  // its exponential is 0 in fp32, and it fits fp16
  const std::string steps = graph_.add("Abs", {distances()});
  const std::string outside =
      graph_.add("Greater", {steps, graph_.ints({tensors_.config.rotary.window})});
  const std::string bias =
      graph_.add("Mul", {graph_.cast(outside, graph_.type()), graph_.scalar(kOutside)});
  return graph_.add("Unsqueeze", {bias, graph_.ints({0, 1})});
}

std::string AttentionPositions::bias(const Place& place) {
  const bool relative = !tensors_.embeddings.relative_bias.empty();
  if (!relative && place.window == 0) return {};
  if (bias_.empty()) bias_ = relative ? relative_bias() : window_bias();
  return place.first_only ? first_query(graph_, bias_) : bias_;
}

std::string AttentionPositions::distance_embeddings() {
  const HfConfig& config = tensors_.config;
  return graph_.weight(
      "attention.distances", {1, config.distances.rows(), config.hidden_size},
      tensors_.embeddings.distances.values()
  );
}

std::string AttentionPositions::distance_rows(const Place& place) {
  const std::int32_t longest = tensors_.config.max_length();
  if (distance_rows_.empty()) {
    std::vector<std::int64_t> rows;
    for (std::int32_t behind = 1 - longest; behind < longest; ++behind)
      rows.push_back(tensors_.config.distances.row_of(-behind));
    const std::string places = graph_.add("Add", {distances(), graph_.ints({longest - 1})});
    const std::string one =
        graph_.add("Gather", {graph_.own_ints("attention.distance_rows", rows), places});
    const std::string batch = graph_.add(
        "Shape", {ids_},
        {.attributes =
             {Attribute::of("start", std::int64_t{0}), Attribute::of("end", std::int64_t{1})}}
    );
    const std::string shape = graph_.add(
        "Concat", {batch, graph_.ints({tensors_.config.heads, 1, 1})},
        {.attributes = {Attribute::of("axis", std::int64_t{0})}}
    );
    distance_rows_ = graph_.add("Expand", {one, shape});
  }
  return place.first_only ? first_query(graph_, distance_rows_) : distance_rows_;
}

std::string AttentionPositions::distance_products(const Operands& operands, const Place& place) {
  const auto rows = [&](const std::string& x) { return transposed(graph_, x, {0, 2, 1, 3}); };
  const auto columns = [&](const std::string& x) { return transposed(graph_, x, {0, 2, 3, 1}); };
  const std::string index = distance_rows(place);
  const auto gathered = [&](const std::string& a, const std::string& b, std::int64_t axis) {
    return graph_.add(
        "GatherElements", {graph_.add("MatMul", {rows(a), columns(b)}), index},
        {.attributes = {Attribute::of("axis", axis)}}
    );
  };
  const std::string of_queries = gathered(operands.query, operands.distance_key, 3);
  const std::string of_keys = gathered(operands.distance_query, operands.key, 2);
  return graph_.add("Add", {of_queries, of_keys});
}

AttentionPositions::Rotation AttentionPositions::make_rotation(float theta) {
  const HfConfig& config = tensors_.config;
  const std::vector<float> frequencies =
      rotary_frequencies(theta, static_cast<std::size_t>(config.hidden_size / config.heads));
  const std::string turns = graph_.own_floats(
      "attention.frequencies." + std::to_string(static_cast<std::int64_t>(theta)),
      {1, 1, static_cast<std::int64_t>(frequencies.size())}, frequencies
  );
  const std::string rows =
      graph_.add("Unsqueeze", {graph_.cast(positions(), DataType::kFloat), graph_.ints({1, 2})});
  const std::string angles = graph_.add("Mul", {rows, turns});
  const auto narrow = [&](const std::string& x) {
    return graph_.type() == DataType::kFloat ? x : graph_.cast(x, graph_.type());
  };
  return {narrow(graph_.add("Cos", {angles})), narrow(graph_.add("Sin", {angles}))};
}

const AttentionPositions::Rotation& AttentionPositions::rotation(const Place& place) {
  const RotaryConfig& config = tensors_.config.rotary;
  Rotation& found = place.window == 0 ? full_ : local_;
  if (found.cosines.empty())
    found = make_rotation(place.window == 0 ? config.theta : config.local_theta);
  return found;
}

std::string AttentionPositions::turned(const std::string& x, const Place& place) {
  if (!turn() || place.first_only) return x;  // the first token's angles are 0
  const Rotation& by = rotation(place);
  const std::int64_t half = tensors_.config.hidden_size / tensors_.config.heads / 2;
  const std::string first = graph_.add(
      "Split", {x, graph_.ints({half, half})},
      {.attributes = {Attribute::of("axis", std::int64_t{-1})}, .outputs = 2}
  );
  const std::string second = first + ".1";
  const auto times = [&](const std::string& a, const std::string& b) {
    return graph_.add("Mul", {a, b});
  };
  const std::string left = graph_.add("Sub", {times(first, by.cosines), times(second, by.sines)});
  const std::string right = graph_.add("Add", {times(second, by.cosines), times(first, by.sines)});
  return graph_.add(
      "Concat", {left, right}, {.attributes = {Attribute::of("axis", std::int64_t{-1})}}
  );
}

}  // namespace martlet
