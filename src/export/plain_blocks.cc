// The encoder's blocks of ONNX's own operators: any runtime can run them.
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

#include "export/blocks.h"
#include "export/products.h"

namespace martlet {
namespace {

using onnx::Attribute;

class PlainBlocks final : public Blocks {
 public:
  PlainBlocks(GraphBuilder& graph, const EncoderTensors& tensors, EncoderInputs inputs)
      : graph_(graph),
        products_(graph, false),
        heads_(tensors.config.heads),
        head_size_(tensors.config.hidden_size / tensors.config.heads),
        scale_(tensors.config.score_scale()),
        epsilon_(tensors.config.layer_norm_eps),
        pre_norm_(tensors.config.pre_norm),
        inputs_(std::move(inputs)),
        positions_(graph, tensors, inputs_.ids) {}

  std::string embeddings(const EncoderTensors& tensors) override;
  std::string attention(const std::string& x, const LayerTensors& layer, const Place& place)
      override;
  std::string dense(const std::string& x, const DenseTensors& dense, const std::string& name)
      override {
    return linear(x, dense, name);
  }
  std::string activated(
      const std::string& x, const DenseTensors& dense, const std::string& name,
      Activation activation
  ) override;
  Stream residual(
      const std::string& x, const Stream& stream, const DenseTensors& dense, const NamedNorm& norm
  ) override;

 private:
  std::string linear(
      const std::string& x, const DenseTensors& dense, const std::string& name, float scale = 1
  ) {
    const DenseTensors* const layers[] = {&dense};
    return products_.linear(x, pack(layers, scale), name);
  }
  /// What positions add: [sequence, embedding], or [batch, sequence, embedding].
  std::string position_rows(const std::string& table, std::int64_t padding);
  /// [batch, sequence, heads, head_size]
  std::string split_heads(const std::string& x);
  /// 0 for tokens, a very negative number for padding: [batch, 1, 1, sequence].
  std::string mask();

  GraphBuilder& graph_;
  Products products_;
  std::int64_t heads_;
  std::int64_t head_size_;
  float scale_;  // of scores
  float epsilon_;
  bool pre_norm_;
  EncoderInputs inputs_;
  AttentionPositions positions_;
  std::string mask_;
};

std::string PlainBlocks::embeddings(const EncoderTensors& tensors) {
  const HfConfig& config = tensors.config;
  const EmbeddingTensors& tables = tensors.embeddings;
  const std::string words = graph_.weight(
      "embeddings.word", {config.vocab_size, config.embedding_size}, tables.words.values()
  );
  std::string sum = graph_.add("Gather", {words, inputs_.ids});
  if (tables.typed()) {
    const std::string types = graph_.weight(
        "embeddings.type", {config.type_vocab_size, config.embedding_size}, tables.types.values()
    );
    sum = graph_.add("Add", {sum, graph_.add("Gather", {types, inputs_.type_ids})});
  }
  if (!tables.positions.values().empty()) {
    const std::string positions = graph_.weight(
        "embeddings.position", {config.max_positions, config.embedding_size},
        tables.positions.values()
    );
    sum = graph_.add("Add", {sum, position_rows(positions, config.padding_position)});
  }
  return normalized(graph_, sum, {tables.norm, "embeddings.norm"}, epsilon_);
}

std::string PlainBlocks::position_rows(const std::string& table, std::int64_t padding) {
  if (padding >= 0)
    return graph_.add("Gather", {table, padded_positions(graph_, inputs_.ids, padding)});
  const std::string length = graph_.add(
      "Shape", {inputs_.ids},
      {.attributes =
           {Attribute::of("start", std::int64_t{1}), Attribute::of("end", std::int64_t{2})}}
  );
  const std::string zero = graph_.ints({0});
  return graph_.add("Slice", {table, zero, length, zero});
}

std::string PlainBlocks::split_heads(const std::string& x) {
  return graph_.add("Reshape", {x, graph_.ints({0, -1, heads_, head_size_})});
}

std::string PlainBlocks::mask() {
  if (!mask_.empty()) return mask_;
  // exp(-10000) is 0 in fp32, and the number fits fp16.
  constexpr float kPadding = -10000;
  const std::string kept = graph_.cast(inputs_.mask, graph_.type());
  const std::string padding = graph_.add("Sub", {graph_.scalar(1), kept});
  const std::string added = graph_.add("Mul", {padding, graph_.scalar(kPadding)});
  mask_ = graph_.add("Unsqueeze", {added, graph_.ints({1, 2})});
  return mask_;
}

std::string PlainBlocks::attention(
    const std::string& x, const LayerTensors& layer, const Place& place
) {
  const std::string& name = place.name;
  const auto queries = [&](const std::string& from) {
    return split_heads(linear(from, layer.query, name + ".query", scale_));
  };
  const auto keys = [&](const std::string& from) {
    return split_heads(linear(from, layer.key, name + ".key"));
  };
  const std::string asking = place.first_only ? first_token(graph_, x) : x;
  const std::string query = positions_.turned(queries(asking), place);
  const std::string key = positions_.turned(keys(x), {.window = place.window});
  const std::string value = split_heads(linear(x, layer.value, name + ".value"));
  const std::string products = graph_.add(
      "MatMul", {transposed(graph_, query, {0, 2, 1, 3}), transposed(graph_, key, {0, 2, 3, 1})}
  );
  std::string scores = graph_.add("Add", {products, mask()});
  if (const std::string bias = positions_.bias(place); !bias.empty())
    scores = graph_.add("Add", {scores, bias});
  if (positions_.multiply()) {
    const std::string rows = positions_.distance_embeddings();
    const std::string added =
        positions_.distance_products({query, key, queries(rows), keys(rows)}, place);
    scores = graph_.add("Add", {scores, added});
  }
  const std::string shares =
      graph_.add("Softmax", {scores}, {.attributes = {Attribute::of("axis", std::int64_t{-1})}});
  const std::string context = transposed(
      graph_, graph_.add("MatMul", {shares, transposed(graph_, value, {0, 2, 1, 3})}), {0, 2, 1, 3}
  );
  return graph_.add("Reshape", {context, graph_.ints({0, -1, heads_ * head_size_})});
}

std::string PlainBlocks::activated(
    const std::string& x, const DenseTensors& dense, const std::string& name, Activation activation
) {
  return activate(graph_, linear(x, dense, name), activation);
}

Stream PlainBlocks::residual(
    const std::string& x, const Stream& stream, const DenseTensors& dense, const NamedNorm& norm
) {
  const std::string sum = graph_.add("Add", {linear(x, dense, norm.name), stream.sum});
  const std::string input = normalized(graph_, sum, {norm.tensors, norm.name + ".norm"}, epsilon_);
  return {pre_norm_ ? sum : input, input};
}

/// 0.5 x (1 + erf(x / sqrt 2)): the form that ONNX Runtime and OpenVINO know as GELU.
std::string gelu(GraphBuilder& graph, const std::string& x) {
  const std::string scaled = graph.add("Div", {x, graph.scalar(std::numbers::sqrt2_v<float>)});
  const std::string share = graph.add("Add", {graph.add("Erf", {scaled}), graph.scalar(1)});
  return graph.add("Mul", {graph.add("Mul", {x, share}), graph.scalar(0.5F)});
}

/// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
std::string gelu_tanh(GraphBuilder& graph, const std::string& x) {
  const float factor = std::sqrt(2 * std::numbers::inv_pi_v<float>);
  const std::string cube = graph.add("Pow", {x, graph.scalar(3)});
  const std::string sum = graph.add("Add", {x, graph.add("Mul", {cube, graph.scalar(0.044715F)})});
  const std::string angle = graph.add("Tanh", {graph.add("Mul", {sum, graph.scalar(factor)})});
  const std::string share = graph.add("Add", {angle, graph.scalar(1)});
  return graph.add("Mul", {graph.add("Mul", {x, share}), graph.scalar(0.5F)});
}

}  // namespace

std::unique_ptr<Blocks> make_plain_blocks(
    GraphBuilder& graph, const EncoderTensors& tensors, EncoderInputs inputs
) {
  return std::make_unique<PlainBlocks>(graph, tensors, std::move(inputs));
}

std::string normalized(
    GraphBuilder& graph, const std::string& x, const NamedNorm& norm, float epsilon
) {
  const auto size = static_cast<std::int64_t>(norm.tensors.gamma.values().size());
  return graph.add(
      "LayerNormalization",
      {x, graph.weight(norm.name + ".gamma", {size}, norm.tensors.gamma.values()),
       graph.weight(norm.name + ".beta", {size}, norm.tensors.beta.values())},
      {.attributes = {Attribute::of("axis", std::int64_t{-1}), Attribute::of("epsilon", epsilon)}}
  );
}

std::string padded_positions(GraphBuilder& graph, const std::string& ids, std::int64_t padding) {
  const std::string is_padding = graph.add("Equal", {ids, graph.ints({padding})});
  const std::string counts = graph.cast(graph.add("Not", {is_padding}), onnx::DataType::kInt64);
  const std::string count = graph.add("CumSum", {counts, graph.ints({1})});
  return graph.add("Add", {graph.add("Mul", {count, counts}), graph.ints({padding})});
}

std::string transposed(GraphBuilder& graph, const std::string& x, std::vector<std::int64_t> order) {
  return graph.add("Transpose", {x}, {.attributes = {Attribute::of("perm", std::move(order))}});
}

std::string first_token(GraphBuilder& graph, const std::string& x) {
  return graph.add("Slice", {x, graph.ints({0}), graph.ints({1}), graph.ints({1})});
}

std::string activate(GraphBuilder& graph, const std::string& x, Activation activation) {
  constexpr std::int32_t kGeluOpset = 20;
  switch (activation) {
    case Activation::kGelu:
      return graph.opset() >= kGeluOpset ? graph.add("Gelu", {x}) : gelu(graph, x);
    case Activation::kGeluTanh: {
      if (graph.opset() < kGeluOpset) return gelu_tanh(graph, x);
      Attribute approximate;
      approximate.name = "approximate";
      approximate.type = Attribute::Type::kString;
      approximate.s = "tanh";
      return graph.add("Gelu", {x}, {.attributes = {approximate}});
    }
    case Activation::kRelu:
      return graph.add("Relu", {x});
    case Activation::kTanh:
      return graph.add("Tanh", {x});
    case Activation::kNone:
      return x;
  }
  return x;
}

}  // namespace martlet
