#include "export/encoder_tensors.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

/// Reads tensors by the family's names.
class Reader {
 public:
  Reader(const Checkpoint& checkpoint, const Family& family)
      : names(checkpoint, family), checkpoint_(checkpoint) {}

  const WeightNames names;

  Status table(std::string_view name, std::int64_t rows, std::int64_t columns, FloatTensor& out)
      const {
    return read(names.base(name) + ".weight", std::array{rows, columns}, out);
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
};

Status read_embeddings(const Reader& reader, EncoderTensors& out) {
  const WeightNames& names = reader.names;
  const Family& family = names.family();
  const HfConfig& config = out.config;
  const std::int64_t width = config.embedding_size;
  MARTLET_RETURN_IF_ERROR(
      reader.table(family.word_embeddings, config.vocab_size, width, out.word_embeddings)
  );
  auto positions = read_positions(names, out.checkpoint, config);
  if (!positions) return positions.error();
  out.position_embeddings = *std::move(positions);
  auto types = read_types(names, out.checkpoint, config);
  if (!types) return types.error();
  out.type_embeddings = *std::move(types);
  auto bias = read_relative_bias(names, out.checkpoint, config);
  if (!bias) return bias.error();
  out.relative_bias = *std::move(bias);
  MARTLET_RETURN_IF_ERROR(reader.norm(names.base(family.embedding_norm), width, out.embedding_norm)
  );
  if (config.embedding_size == config.hidden_size) return {};
  return reader.dense(
      names.base(family.embedding_projection), config.hidden_size, width,
      out.embedding_projection.emplace()
  );
}

Status read_layer(const Reader& reader, const HfConfig& config, int index, LayerTensors& out) {
  const Family& family = reader.names.family();
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const auto name = [&](std::string_view pattern) { return reader.names.layer(pattern, index); };
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
  const Family& family = reader.names.family();
  const std::int64_t hidden = out.config.hidden_size;
  if (!family.pooler.empty() && reader.names.has(reader.names.base(family.pooler))) {
    MARTLET_RETURN_IF_ERROR(
        reader.dense(reader.names.base(family.pooler), hidden, hidden, out.pooler.emplace())
    );
  }
  const std::string classifier = reader.names.classifier(out.config);
  if (!reader.names.has(classifier)) return {};
  const auto labels = static_cast<std::int64_t>(out.config.labels.size());
  MARTLET_RETURN_IF_ERROR(reader.dense(classifier, labels, hidden, out.classifier.emplace()));
  out.head_activation = family.head_activation;
  out.classifies_tokens = is_token_classifier(out.config);
  if (out.classifies_tokens) return {};
  return reader.dense(reader.names.head_dense(), hidden, hidden, out.head_dense.emplace());
}

}  // namespace

Result<EncoderTensors> read_encoder_tensors(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  auto config = load_hf_config(directory);
  if (!config) return config.error();
  const auto architecture = find_architecture(*config, (directory / "config.json").string());
  if (!architecture) return architecture.error();
  auto checkpoint = Checkpoint::open(directory, adapter);
  if (!checkpoint) return checkpoint.error();

  EncoderTensors tensors(*std::move(config), *std::move(checkpoint));
  const Reader reader(tensors.checkpoint, *architecture->family);
  tensors.activation = architecture->activation;
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
