// The encoder's blocks of ONNX Runtime's fused operators (domain com.microsoft).
#include <cstdint>
#include <utility>

#include "export/blocks.h"
#include "export/products.h"

namespace martlet {
namespace {

using onnx::Attribute;
using onnx::DataType;

class FusedBlocks final : public Blocks {
 public:
  FusedBlocks(GraphBuilder& graph, const EncoderTensors& tensors, const EncoderInputs& inputs)
      : graph_(graph),
        products_(graph, true),
        heads_(tensors.config.heads),
        head_size_(tensors.config.hidden_size / tensors.config.heads),
        scale_(tensors.config.score_scale()),
        epsilon_(tensors.config.layer_norm_eps),
        pre_norm_(tensors.config.pre_norm),
        ids_(graph.cast(inputs.ids, DataType::kInt32)),
        mask_(graph.cast(inputs.mask, DataType::kInt32)),
        positions_(graph, tensors, ids_) {
    if (tensors.config.padding_position >= 0) {
      position_ids_ = graph.cast(
          padded_positions(graph, inputs.ids, tensors.config.padding_position), DataType::kInt32
      );
    }
    if (!inputs.type_ids.empty()) type_ids_ = graph.cast(inputs.type_ids, DataType::kInt32);
  }

  std::string embeddings(const EncoderTensors& tensors) override;
  std::string attention(const std::string& x, const LayerTensors& layer, const Place& place)
      override;
  std::string dense(const std::string& x, const DenseTensors& dense, const std::string& name)
      override {
    return products_.linear(x, packed(dense), name);
  }
  std::string activated(
      const std::string& x, const DenseTensors& dense, const std::string& name,
      Activation activation
  ) override;
  Stream residual(
      const std::string& x, const Stream& stream, const DenseTensors& dense, const NamedNorm& norm
  ) override;

 private:
  static PackedDense packed(const DenseTensors& dense) {
    const DenseTensors* const layers[] = {&dense};
    return pack(layers);
  }
  std::string int8_attention(
      const std::string& x, const PackedDense& projection, const std::string& name
  );
  /// With query, key and value as products of their own.
  std::string split_attention(
      const std::string& x, const LayerTensors& layer, const std::string& bias, const Place& place
  );
  /// x [batch, rows, hidden] as [batch, rows, heads, head_size].
  std::string split_heads(const std::string& x) {
    return graph_.add("Reshape", {x, graph_.ints({0, -1, heads_, head_size_})});
  }
  /// x [batch, sequence, hidden] with its heads turned.
  std::string turned(const std::string& x, const Place& place);
  std::string contrib(
      std::string_view op, std::vector<std::string> inputs, std::vector<Attribute> attributes = {}
  ) {
    return graph_.add(
        op, std::move(inputs), {.attributes = std::move(attributes), .contrib = true}
    );
  }

  GraphBuilder& graph_;
  Products products_;
  std::int64_t heads_;
  std::int64_t head_size_;
  float scale_;  // of scores
  float epsilon_;
  bool pre_norm_;
  std::string ids_;  // int32 [batch, sequence], as the next two
  std::string mask_;
  std::string type_ids_;
  std::string position_ids_;  // likewise, where they are not 0, 1, 2 ...
  AttentionPositions positions_;
};

std::string FusedBlocks::embeddings(const EncoderTensors& tensors) {
  const HfConfig& config = tensors.config;
  const std::int64_t width = config.embedding_size;
  const EmbeddingTensors& tables = tensors.embeddings;
  const NormTensors& norm = tables.norm;
  const std::string words =
      graph_.weight("embeddings.word", {config.vocab_size, width}, tables.words.values());
  std::string types;
  if (tables.typed()) {
    types =
        graph_.weight("embeddings.type", {config.type_vocab_size, width}, tables.types.values());
  }
  if (tables.positions.values().empty()) {
    std::string sum = graph_.add("Gather", {words, ids_});
    if (tables.typed()) sum = graph_.add("Add", {sum, graph_.add("Gather", {types, type_ids_})});
    return normalized(graph_, sum, {norm, "embeddings.norm"}, epsilon_);
  }
  std::vector<std::string> operands{
      ids_,
      type_ids_,
      words,
      graph_.weight(
          "embeddings.position", {config.max_positions, width}, tables.positions.values()
      ),
      types,
      graph_.weight("embeddings.norm.gamma", {width}, norm.gamma.values()),
      graph_.weight("embeddings.norm.beta", {width}, norm.beta.values())
  };
  if (!position_ids_.empty()) operands.insert(operands.end(), {"", position_ids_});
  return graph_.add(
      "EmbedLayerNormalization", std::move(operands),
      {.attributes = {Attribute::of("epsilon", epsilon_)}, .contrib = true, .outputs = 2}
  );
}

std::string FusedBlocks::attention(
    const std::string& x, const LayerTensors& layer, const Place& place
) {
  const std::string& name = place.name;
  const DenseTensors* const layers[] = {&layer.query, &layer.key, &layer.value};
  const PackedDense projection = pack(layers);
  if (place.first_only || positions_.matter()) {
    // What is turned, or multiplied with distances, has its bias already.
    const bool biased = positions_.turn() || positions_.multiply();
    return split_attention(x, layer, biased ? "" : products_.bias(projection, name), place);
  }
  if (graph_.precision() == ExportPrecision::kInt8) return int8_attention(x, projection, name);
  const std::string weight = graph_.own_weight(
      name + ".weight", {projection.inputs, projection.outputs}, projection.weight
  );
  return contrib(
      "Attention", {x, weight, products_.bias(projection, name), mask_},
      {Attribute::of("num_heads", heads_)}
  );
}

std::string FusedBlocks::int8_attention(
    const std::string& x, const PackedDense& projection, const std::string& name
) {
  const std::string q = products_.quantized(x);
  const Products::Int8Weight weight = products_.int8_weight(projection, name);
  return contrib(
      "QAttention",
      {q, weight.values, products_.bias(projection, name), q + ".1", weight.scales, mask_, q + ".2",
       weight.zero_point},
      {Attribute::of("num_heads", heads_)}
  );
}

std::string FusedBlocks::turned(const std::string& x, const Place& place) {
  if (!positions_.turn()) return x;
  return graph_.add(
      "Reshape",
      {positions_.turned(split_heads(x), place), graph_.ints({0, -1, heads_ * head_size_})}
  );
}

std::string FusedBlocks::split_attention(
    const std::string& x, const LayerTensors& layer, const std::string& bias, const Place& place
) {
  const std::string& name = place.name;
  const std::string asking = place.first_only ? first_token(graph_, x) : x;
  const auto part = [&](const std::string& from, const DenseTensors& dense, const char* of) {
    return bias.empty() ? products_.linear(from, packed(dense), name + of)
                        : products_.product(from, packed(dense), name + of);
  };
  const std::string query = turned(part(asking, layer.query, ".query"), place);
  const std::string key = turned(part(x, layer.key, ".key"), {.window = place.window});
  const std::string value = part(x, layer.value, ".value");
  std::vector<std::string> operands{query, key, value, bias, mask_};
  if (const std::string added = positions_.bias(place); !added.empty()) operands.push_back(added);
  if (positions_.multiply()) {
    const std::string rows = positions_.distance_embeddings();
    const std::string products = positions_.distance_products(
        {split_heads(query), split_heads(key), split_heads(part(rows, layer.query, ".query")),
         split_heads(part(rows, layer.key, ".key"))},
        place
    );
    operands.push_back(graph_.add("Mul", {products, graph_.scalar(scale_)}));
  }
  return contrib(
      "MultiHeadAttention", std::move(operands),
      {Attribute::of("num_heads", heads_), Attribute::of("scale", scale_)}
  );
}

std::string FusedBlocks::activated(
    const std::string& x, const DenseTensors& dense, const std::string& name, Activation activation
) {
  const PackedDense layer = packed(dense);
  if (activation != Activation::kGelu && activation != Activation::kGeluTanh)
    return activate(graph_, products_.linear(x, layer, name), activation);
  return contrib(
      activation == Activation::kGelu ? "BiasGelu" : "FastGelu",
      {products_.product(x, layer, name), products_.bias(layer, name)}
  );
}

Stream FusedBlocks::residual(
    const std::string& x, const Stream& stream, const DenseTensors& dense, const NamedNorm& norm
) {
  const PackedDense layer = packed(dense);
  const std::string input = graph_.add(
      "SkipLayerNormalization",
      {products_.product(x, layer, norm.name), stream.sum,
       graph_.weight(norm.name + ".norm.gamma", {layer.outputs}, norm.tensors.gamma.values()),
       graph_.weight(norm.name + ".norm.beta", {layer.outputs}, norm.tensors.beta.values()),
       products_.bias(layer, norm.name)},
      {.attributes = {Attribute::of("epsilon", epsilon_)},
       .contrib = true,
       .outputs = pre_norm_ ? std::size_t{4} : std::size_t{1}}
  );
  return {pre_norm_ ? input + ".3" : input, input};
}

}  // namespace

std::unique_ptr<Blocks> make_fused_blocks(
    GraphBuilder& graph, const EncoderTensors& tensors, const EncoderInputs& inputs
) {
  return std::make_unique<FusedBlocks>(graph, tensors, inputs);
}

}  // namespace martlet
