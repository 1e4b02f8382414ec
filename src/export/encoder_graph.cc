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
  if (tensors.embeddings.projection)
    x = blocks.dense(x, *tensors.embeddings.projection, "embeddings.projection");
  Stream stream{x, x};
  for (std::size_t i = 0; i < tensors.layers.size(); ++i) {
    const LayerTensors& layer = tensors.layers[i];
    const std::string name =
        fmt::format("layer.{}", tensors.config.weights_of(static_cast<std::int32_t>(i)));
    const bool first = first_only && i + 1 == tensors.layers.size();
    const std::string context = blocks.attention(
        stream.input, layer, {name + ".attention", first, tensors.config.rotary.window_of(i)}
    );
    if (first) stream.sum = first_token(graph, stream.sum);
    stream = blocks.residual(
        context, stream, layer.attention_out, {layer.attention_norm, name + ".attention_out"}
    );
    std::string inner = blocks.activated(
        stream.input, layer.ff_in, name + ".ff_in", tensors.architecture.activation
    );
    if (layer.ff_gate) {
      const std::string gate = blocks.dense(stream.input, *layer.ff_gate, name + ".ff_gate");
      inner = graph.add("Mul", {inner, gate});
    }
    stream = blocks.residual(inner, stream, layer.ff_out, {layer.ff_norm, name + ".ff_out"});
  }
  return stream.input;
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

/// Logits of rows [rows, hidden].
std::string classified(
    const EncoderTensors& tensors, GraphBuilder& graph, const std::string& rows
) {
  const HeadTensors& head = tensors.head;
  std::string x = rows;
  if (head.dense) {
    x = activate(
        graph, head_layer(graph, x, *head.dense, "head"), tensors.architecture.head_activation
    );
  }
  if (head.norm) x = normalized(graph, x, {*head.norm, "head.norm"}, tensors.config.layer_norm_eps);
  return head_layer(graph, x, *head.classifier, "classifier");
}

/// x: [batch, hidden], what the classifier looks at of each sequence.
void add_sequence_head(const EncoderTensors& tensors, GraphBuilder& graph, const std::string& x) {
  graph.output(
      classified(tensors, graph, x), "logits", {kBatch, {.value = tensors.head.classifier->outputs}}
  );
}

void add_token_head(const EncoderTensors& tensors, GraphBuilder& graph, const std::string& x) {
  const DenseTensors& dense = *tensors.head.classifier;
  const std::string rows = graph.add("Reshape", {x, graph.ints({-1, dense.inputs})});
  const std::string logits = classified(tensors, graph, rows);
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

/// x in fp32, and in the export's type.
std::string wide(GraphBuilder& graph, const std::string& x) {
  return graph.type() == DataType::kFloat ? x : graph.cast(x, DataType::kFloat);
}
std::string narrow(GraphBuilder& graph, const std::string& x) {
  return graph.type() == DataType::kFloat ? x : graph.cast(x, graph.type());
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
  if (tensors.embeddings.typed()) inputs.type_ids = graph.input("token_type_ids");
  const auto blocks = options.fused ? make_fused_blocks(graph, tensors, inputs)
                                    : make_plain_blocks(graph, tensors, inputs);
  const Dimension hidden{.value = tensors.config.hidden_size};
  const bool classifies = tensors.head.classifier && !options.pooling;
  const bool of_sequences = classifies && !tensors.head.tokens;
  const bool first_only = of_sequences && !tensors.config.head_reads_mean;
  const std::string x = encode(tensors, *blocks, graph, first_only);
  if (first_only) {
    add_sequence_head(tensors, graph, graph.add("Squeeze", {x, graph.ints({1})}));
  } else if (of_sequences) {
    add_sequence_head(
        tensors, graph, narrow(graph, sentence_mean(graph, wide(graph, x), inputs.mask))
    );
  } else if (classifies) {
    add_token_head(tensors, graph, x);
  } else if (options.pooling) {
    const std::string tokens = wide(graph, x);
    graph.fp32_output(
        sentence(graph, tokens, inputs.mask, *options.pooling), "sentence_embedding",
        {kBatch, hidden}
    );
    graph.fp32_output(tokens, "token_embeddings", {kBatch, kSequence, hidden});
  } else {
    if (tensors.head.pooler) {
      graph.output(
          pooled(graph, first_row(graph, x), *tensors.head.pooler), "pooler_output",
          {kBatch, hidden}
      );
    }
    graph.output(x, "last_hidden_state", {kBatch, kSequence, hidden});
  }
  return graph.finish(tensors.config.model_type);
}

}  // namespace martlet
