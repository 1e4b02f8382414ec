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
  FusedBlocks(GraphBuilder& graph, const HfConfig& config, const EncoderInputs& inputs)
      : graph_(graph),
        products_(graph, true),
        heads_(config.heads),
        epsilon_(config.layer_norm_eps),
        ids_(graph.cast(inputs.ids, DataType::kInt32)),
        mask_(graph.cast(inputs.mask, DataType::kInt32)) {
    if (config.padding_position >= 0) {
      positions_ = graph.cast(
          padded_positions(graph, inputs.ids, config.padding_position), DataType::kInt32
      );
    }
    if (!inputs.type_ids.empty()) type_ids_ = graph.cast(inputs.type_ids, DataType::kInt32);
  }

  std::string embeddings(const EncoderTensors& tensors) override;
  std::string attention(
      const std::string& x, const LayerTensors& layer, const std::string& name, bool first_only
  ) override;
  std::string dense(const std::string& x, const DenseTensors& dense, const std::string& name)
      override {
    return products_.linear(x, packed(dense), name);
  }
  std::string activated(
      const std::string& x, const DenseTensors& dense, const std::string& name,
      Activation activation
  ) override;
  std::string residual(
      const std::string& x, const std::string& residual, const DenseTensors& dense,
      const NamedNorm& norm
  ) override;

 private:
  static PackedDense packed(const DenseTensors& dense) {
    const DenseTensors* const layers[] = {&dense};
    return pack(layers);
  }
  std::string int8_attention(
      const std::string& x, const PackedDense& projection, const std::string& name
  );
  struct Split {
    const std::string& name;
    bool first_only;
  };
  /// With query, key and value as products of their own.
  std::string split_attention(
      const std::string& x, const LayerTensors& layer, const std::string& bias, const Split& split
  );
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
  float epsilon_;
  std::string ids_;  // int32 [batch, sequence], as the next two
  std::string mask_;
  std::string type_ids_;
  std::string bias_;       // empty: attention adds nothing
  std::string positions_;  // likewise, where they are not 0, 1, 2 ...
};

std::string FusedBlocks::embeddings(const EncoderTensors& tensors) {
  const HfConfig& config = tensors.config;
  const std::int64_t width = config.embedding_size;
  const NormTensors& norm = tensors.embedding_norm;
  bias_ = relative_bias(graph_, tensors, ids_);
  std::string types;
  if (tensors.typed()) {
    types = graph_.weight(
        "embeddings.type", {config.type_vocab_size, width}, tensors.type_embeddings.values()
    );
  }
  std::vector<std::string> operands{
      ids_,
      type_ids_,
      graph_.weight(
          "embeddings.word", {config.vocab_size, width}, tensors.word_embeddings.values()
      ),
      graph_.weight(
          "embeddings.position", {config.max_positions, width}, tensors.position_embeddings.values()
      ),
      types,
      graph_.weight("embeddings.norm.gamma", {width}, norm.gamma.values()),
      graph_.weight("embeddings.norm.beta", {width}, norm.beta.values())
  };
  if (!positions_.empty()) operands.insert(operands.end(), {"", positions_});
  return graph_.add(
      "EmbedLayerNormalization", std::move(operands),
      {.attributes = {Attribute::of("epsilon", epsilon_)}, .contrib = true, .outputs = 2}
  );
}

std::string FusedBlocks::attention(
    const std::string& x, const LayerTensors& layer, const std::string& name, bool first_only
) {
  const DenseTensors* const layers[] = {&layer.query, &layer.key, &layer.value};
  const PackedDense projection = pack(layers);
  if (first_only || !bias_.empty())
    return split_attention(x, layer, products_.bias(projection, name), {name, first_only});
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

std::string FusedBlocks::split_attention(
    const std::string& x, const LayerTensors& layer, const std::string& bias, const Split& split
) {
  const std::string asking = split.first_only ? first_token(graph_, x) : x;
  const std::string query = products_.product(asking, packed(layer.query), split.name + ".query");
  const std::string key = products_.product(x, packed(layer.key), split.name + ".key");
  const std::string value = products_.product(x, packed(layer.value), split.name + ".value");
  std::vector<std::string> operands{query, key, value, bias, mask_};
  if (!bias_.empty()) operands.push_back(split.first_only ? first_query(graph_, bias_) : bias_);
  return contrib("MultiHeadAttention", std::move(operands), {Attribute::of("num_heads", heads_)});
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

std::string FusedBlocks::residual(
    const std::string& x, const std::string& residual, const DenseTensors& dense,
    const NamedNorm& norm
) {
  const PackedDense layer = packed(dense);
  return contrib(
      "SkipLayerNormalization",
      {products_.product(x, layer, norm.name), residual,
       graph_.weight(norm.name + ".norm.gamma", {layer.outputs}, norm.tensors.gamma.values()),
       graph_.weight(norm.name + ".norm.beta", {layer.outputs}, norm.tensors.beta.values()),
       products_.bias(layer, norm.name)},
      {Attribute::of("epsilon", epsilon_)}
  );
}

}  // namespace

std::unique_ptr<Blocks> make_fused_blocks(
    GraphBuilder& graph, const HfConfig& config, const EncoderInputs& inputs
) {
  return std::make_unique<FusedBlocks>(graph, config, inputs);
}

}  // namespace martlet
