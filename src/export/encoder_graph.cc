#include "export/encoder_graph.h"

#include <fmt/format.h>

#include "export/blocks.h"

namespace martlet {
namespace {

using onnx::Attribute;
using onnx::DataType;
using onnx::Dimension;

const Dimension kBatch{.name = "batch"};
const Dimension kSequence{.name = "sequence"};

/// Layers over the embeddings. With `first_only` the last layer computes the first token alone,
/// which is all that a sequence classifier looks at.
std::string encode(
    const EncoderTensors& tensors, Blocks& blocks, GraphBuilder& graph, bool first_only
) {
  std::string x = blocks.embeddings(tensors);
  if (tensors.embedding_projection)
    x = blocks.dense(x, *tensors.embedding_projection, "embeddings.projection");
  for (std::size_t i = 0; i < tensors.layers.size(); ++i) {
    const LayerTensors& layer = tensors.layers[i];
    const std::string name = fmt::format("layer.{}", i);
    const bool first = first_only && i + 1 == tensors.layers.size();
    const std::string context = blocks.attention(x, layer, name + ".attention", first);
    if (first) x = first_token(graph, x);
    x = blocks.residual(
        context, x, layer.attention_out, {layer.attention_norm, name + ".attention_out"}
    );
    const std::string inner = blocks.activated(x, layer.ff_in, name + ".ff_in", tensors.activation);
    x = blocks.residual(inner, x, layer.ff_out, {layer.ff_norm, name + ".ff_out"});
  }
  return x;
}

/// x [rows, inputs] of a head, in the export's float type.
std::string head_layer(
    GraphBuilder& graph, const std::string& x, const DenseTensors& dense, const std::string& name
) {
  return graph.add(
      "Gemm",
      {x, graph.weight(name + ".weight", {dense.outputs, dense.inputs}, dense.weight.values()),
       graph.weight(name + ".bias", {dense.outputs}, dense.bias.values())},
      {.attributes = {Attribute::of("transB", std::int64_t{1})}}
  );
}

std::string pooled(GraphBuilder& graph, const std::string& first, const DenseTensors& pooler) {
  return activate(graph, head_layer(graph, first, pooler, "pooler"), Activation::kTanh);
}

/// x[:, 0]
std::string first_row(GraphBuilder& graph, const std::string& x) {
  return graph.add("Squeeze", {first_token(graph, x), graph.ints({1})});
}

void add_sequence_head(const EncoderTensors& tensors, GraphBuilder& graph, const std::string& x) {
  const std::string first = graph.add("Squeeze", {x, graph.ints({1})});
  const std::string dense = activate(
      graph, head_layer(graph, first, *tensors.head_dense, "head"), tensors.head_activation
  );
  graph.output(
      head_layer(graph, dense, *tensors.classifier, "classifier"), "logits",
      {kBatch, {.value = tensors.classifier->outputs}}
  );
}

void add_token_head(const EncoderTensors& tensors, GraphBuilder& graph, const std::string& x) {
  const DenseTensors& dense = *tensors.classifier;
  const std::string rows = graph.add("Reshape", {x, graph.ints({-1, dense.inputs})});
  const std::string logits = head_layer(graph, rows, dense, "classifier");
  const std::string batch = graph.add(
      "Shape", {x},
      {.attributes =
           {Attribute::of("start", std::int64_t{0}), Attribute::of("end", std::int64_t{2})}}
  );
  const std::string shape = graph.add(
      "Concat", {batch, graph.ints({dense.outputs})},
      {.attributes = {Attribute::of("axis", std::int64_t{0})}}
  );
  graph.output(
      graph.add("Reshape", {logits, shape}), "logits", {kBatch, kSequence, {.value = dense.outputs}}
  );
}

/// The sum over tokens of x [batch, sequence, hidden], weighted with weights [batch, sequence].
std::string weighted_sum(GraphBuilder& graph, const std::string& weights, const std::string& x) {
  const std::string rows = graph.add("Unsqueeze", {weights, graph.ints({1})});
  return graph.add("Squeeze", {graph.add("MatMul", {rows, x}), graph.ints({1})});
}

std::string sentence_mean(GraphBuilder& graph, const std::string& x, const std::string& mask) {
  const std::string weights = graph.cast(mask, DataType::kFloat);
  const std::string count = graph.add("ReduceSum", {weights, graph.ints({1})});
  const std::string some = graph.add("Max", {count, graph.fp32_scalar(1e-9F)});
  return graph.add("Div", {weighted_sum(graph, weights, x), some});
}

std::string sentence_max(GraphBuilder& graph, const std::string& x, const std::string& mask) {
  constexpr float kPadding = -1e9F;  // as sentence-transformers
  const std::string kept =
      graph.cast(graph.add("Unsqueeze", {mask, graph.ints({2})}), DataType::kBool);
  const std::string masked = graph.add("Where", {kept, x, graph.fp32_scalar(kPadding)});
  constexpr std::int32_t kAxesAreAnInput = 18;
  std::vector<std::string> inputs{masked};
  std::vector<Attribute> attributes{Attribute::of("keepdims", std::int64_t{0})};
  if (graph.opset() >= kAxesAreAnInput) {
    inputs.push_back(graph.ints({1}));
  } else {
    Attribute axes;
    axes.name = "axes";
    axes.type = Attribute::Type::kInts;
    axes.ints = {1};
    attributes.push_back(std::move(axes));
  }
  return graph.add("ReduceMax", std::move(inputs), {.attributes = std::move(attributes)});
}

/// x [batch, hidden], rows scaled to length 1; a length below 1e-12 counts as 1e-12.
std::string unit_length(GraphBuilder& graph, const std::string& x) {
  const std::string squares = graph.add("ReduceSum", {graph.add("Mul", {x, x}), graph.ints({1})});
  const std::string length =
      graph.add("Max", {graph.add("Sqrt", {squares}), graph.fp32_scalar(1e-12F)});
  return graph.add("Div", {x, length});
}

/// In fp32 whatever the export's type: sums of squares do not fit fp16.
std::string sentence(
    GraphBuilder& graph, const std::string& x, const std::string& mask,
    const SentencePooling& pooling
) {
  std::string vector;
  switch (pooling.kind) {
    case OutputKind::kCls:
      vector = first_row(graph, x);
      break;
    case OutputKind::kMax:
      vector = sentence_max(graph, x, mask);
      break;
    default:
      vector = sentence_mean(graph, x, mask);
      break;
  }
  return pooling.normalize ? unit_length(graph, vector) : vector;
}

}  // namespace

BuiltGraph build_encoder_graph(const EncoderTensors& tensors, const EncoderGraphOptions& options) {
  GraphBuilder graph(options.precision, options.opset);
  EncoderInputs inputs{graph.input("input_ids"), graph.input("attention_mask"), {}};
  if (tensors.typed()) inputs.type_ids = graph.input("token_type_ids");
  const auto blocks = options.fused ? make_fused_blocks(graph, tensors.config, inputs)
                                    : make_plain_blocks(graph, tensors.config, inputs);
  const Dimension hidden{.value = tensors.config.hidden_size};
  const bool classifies = tensors.classifier && !options.pooling;
  const bool first_only = classifies && !tensors.classifies_tokens;
  const std::string x = encode(tensors, *blocks, graph, first_only);
  if (first_only) {
    add_sequence_head(tensors, graph, x);
  } else if (classifies) {
    add_token_head(tensors, graph, x);
  } else if (options.pooling) {
    const bool wide = graph.type() == DataType::kFloat;
    const std::string tokens = wide ? x : graph.cast(x, DataType::kFloat);
    graph.fp32_output(
        sentence(graph, tokens, inputs.mask, *options.pooling), "sentence_embedding",
        {kBatch, hidden}
    );
    graph.fp32_output(tokens, "token_embeddings", {kBatch, kSequence, hidden});
  } else {
    if (tensors.pooler) {
      graph.output(
          pooled(graph, first_row(graph, x), *tensors.pooler), "pooler_output", {kBatch, hidden}
      );
    }
    graph.output(x, "last_hidden_state", {kBatch, kSequence, hidden});
  }
  return graph.finish(tensors.config.model_type);
}

}  // namespace martlet
