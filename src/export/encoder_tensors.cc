#include "export/encoder_tensors.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

struct ActivationName {
  std::string_view name;
  Activation activation;
};

constexpr ActivationName kActivations[] = {
    {"gelu", Activation::kGelu},          {"gelu_python", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},  {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh}, {"relu", Activation::kRelu},
    {"tanh", Activation::kTanh},
};

Status check(const HfConfig& config, const Family* family, const std::string& where) {
  if (family == nullptr) {
    return error(
        StatusCode::kUnsupported, where, "model_type, got '{}', expected {}", config.model_type,
        known_families()
    );
  }
  if (config.is_decoder)
    return error(StatusCode::kUnsupported, where, "is_decoder, got true, expected an encoder");
  if (config.position_embedding_type != "absolute") {
    return error(
        StatusCode::kUnsupported, where, "position_embedding_type, got '{}', expected absolute",
        config.position_embedding_type
    );
  }
  if (std::ranges::find(kActivations, config.hidden_act, &ActivationName::name) ==
      std::end(kActivations)) {
    return error(
        StatusCode::kUnsupported, where,
        "hidden_act, got '{}', expected gelu, gelu_new, relu or tanh", config.hidden_act
    );
  }
  return {};
}

/// Reads tensors by the family's names.
class Reader {
 public:
  Reader(const Checkpoint& checkpoint, const Family& family)
      : checkpoint_(checkpoint), family_(family) {
    const std::string first = fmt::format("{}{}.weight", family.prefix, family.word_embeddings);
    if (checkpoint.has(first)) prefix_ = family.prefix;
  }

  [[nodiscard]] const Family& family() const { return family_; }
  [[nodiscard]] std::string base(std::string_view name) const {
    return std::string(prefix_).append(name);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return checkpoint_.has(name + ".weight");
  }

  Status table(std::string_view name, std::int64_t rows, std::int64_t columns, FloatTensor& out)
      const {
    return read(base(name) + ".weight", std::array{rows, columns}, out);
  }
  Status norm(const std::string& name, std::int64_t size, NormTensors& out) const {
    MARTLET_RETURN_IF_ERROR(read(name + ".weight", std::array{size}, out.gamma));
    return read(name + ".bias", std::array{size}, out.beta);
  }
  Status dense(
      const std::string& name, std::int64_t outputs, std::int64_t inputs, DenseTensors& out
  ) const {
    out.outputs = outputs;
    out.inputs = inputs;
    MARTLET_RETURN_IF_ERROR(read(name + ".weight", std::array{outputs, inputs}, out.weight));
    return read(name + ".bias", std::array{outputs}, out.bias);
  }

 private:
  Status read(const std::string& name, std::span<const std::int64_t> shape, FloatTensor& out)
      const {
    auto tensor = checkpoint_.read(name, shape);
    if (!tensor) return tensor.error();
    out = *std::move(tensor);
    return {};
  }

  const Checkpoint& checkpoint_;
  const Family& family_;
  std::string_view prefix_;
};

Status read_embeddings(const Reader& reader, EncoderTensors& out) {
  const Family& family = reader.family();
  const HfConfig& config = out.config;
  const std::int64_t hidden = config.hidden_size;
  MARTLET_RETURN_IF_ERROR(
      reader.table(family.word_embeddings, config.vocab_size, hidden, out.word_embeddings)
  );
  MARTLET_RETURN_IF_ERROR(reader.table(
      family.position_embeddings, config.max_positions, hidden, out.position_embeddings
  ));
  if (!family.type_embeddings.empty() && config.type_vocab_size > 0) {
    MARTLET_RETURN_IF_ERROR(reader.table(
        family.type_embeddings, config.type_vocab_size, hidden, out.type_embeddings.emplace()
    ));
  }
  return reader.norm(reader.base(family.embedding_norm), hidden, out.embedding_norm);
}

Status read_layer(const Reader& reader, const HfConfig& config, int index, LayerTensors& out) {
  const Family& family = reader.family();
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const auto name = [&](std::string_view pattern) {
    return reader.base(fmt::format(fmt::runtime(pattern), index));
  };
  MARTLET_RETURN_IF_ERROR(reader.dense(name(family.query), hidden, hidden, out.query));
  MARTLET_RETURN_IF_ERROR(reader.dense(name(family.key), hidden, hidden, out.key));
  MARTLET_RETURN_IF_ERROR(reader.dense(name(family.value), hidden, hidden, out.value));
  MARTLET_RETURN_IF_ERROR(
      reader.dense(name(family.attention_out), hidden, hidden, out.attention_out)
  );
  MARTLET_RETURN_IF_ERROR(reader.norm(name(family.attention_norm), hidden, out.attention_norm));
  MARTLET_RETURN_IF_ERROR(reader.dense(name(family.ff_in), inner, hidden, out.ff_in));
  MARTLET_RETURN_IF_ERROR(reader.dense(name(family.ff_out), hidden, inner, out.ff_out));
  return reader.norm(name(family.ff_norm), hidden, out.ff_norm);
}

Status read_heads(const Reader& reader, EncoderTensors& out) {
  const Family& family = reader.family();
  const std::int64_t hidden = out.config.hidden_size;
  if (!family.pooler.empty() && reader.has(reader.base(family.pooler))) {
    MARTLET_RETURN_IF_ERROR(
        reader.dense(reader.base(family.pooler), hidden, hidden, out.pooler.emplace())
    );
  }
  const std::string classifier(family.classifier);
  if (!reader.has(classifier)) return {};
  const auto labels = static_cast<std::int64_t>(out.config.labels.size());
  MARTLET_RETURN_IF_ERROR(reader.dense(classifier, labels, hidden, out.classifier.emplace()));
  out.head_activation = family.head_activation;
  out.classifies_tokens = std::ranges::any_of(out.config.architectures, [](const auto& name) {
    return name.ends_with("ForTokenClassification");
  });
  if (out.classifies_tokens) return {};
  const std::string dense =
      family.head_dense_in_prefix ? reader.base(family.head_dense) : std::string(family.head_dense);
  return reader.dense(dense, hidden, hidden, out.head_dense.emplace());
}

}  // namespace

Result<EncoderTensors> read_encoder_tensors(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  auto config = load_hf_config(directory);
  if (!config) return config.error();
  const Family* family = find_family(config->model_type);
  MARTLET_RETURN_IF_ERROR(check(*config, family, directory / "config.json"));
  auto checkpoint = Checkpoint::open(directory, adapter);
  if (!checkpoint) return checkpoint.error();

  EncoderTensors tensors(*std::move(config), *std::move(checkpoint));
  const Reader reader(tensors.checkpoint, *family);
  tensors.activation =
      std::ranges::find(kActivations, tensors.config.hidden_act, &ActivationName::name)->activation;
  MARTLET_RETURN_IF_ERROR(read_embeddings(reader, tensors));
  MARTLET_RETURN_IF_ERROR(read_heads(reader, tensors));
  tensors.layers.resize(static_cast<std::size_t>(tensors.config.layers));
  for (std::size_t i = 0; i < tensors.layers.size(); ++i) {
    MARTLET_RETURN_IF_ERROR(
        read_layer(reader, tensors.config, static_cast<int>(i), tensors.layers[i])
    );
  }
  return tensors;
}

}  // namespace martlet
