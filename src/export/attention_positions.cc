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
