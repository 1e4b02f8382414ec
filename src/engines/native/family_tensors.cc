#include "engines/native/family_tensors.h"

#include <array>
#include <cmath>
#include <string_view>

#include "core/error.h"

namespace martlet {
namespace {

FloatTensor zeros(std::int64_t size) {
  return FloatTensor(std::vector<float>(static_cast<std::size_t>(size)));
}

FloatTensor copy(std::span<const float> values) {
  return FloatTensor(std::vector<float>(values.begin(), values.end()));
}

/// Rows as long as the norm is wide, normalized.
std::vector<float> normalized(
    std::span<const float> values, const NormTensors& norm, double epsilon
) {
  const std::span<const float> gamma = norm.gamma.values();
  const std::span<const float> beta = norm.beta.values();
  const std::size_t width = gamma.size();
  std::vector<float> out;
  out.reserve(values.size());
  for (; !values.empty(); values = values.subspan(width)) {
    const std::span<const float> row = values.first(width);
    double sum = 0;
    double squares = 0;
    for (const float value : row) sum += value;
    const double mean = sum / static_cast<double>(width);
    for (const float value : row) squares += (value - mean) * (value - mean);
    const double factor = 1 / std::sqrt(squares / static_cast<double>(width) + epsilon);
    for (std::size_t i = 0; i < width; ++i)
      out.push_back(static_cast<float>((row[i] - mean) * factor * gamma[i] + beta[i]));
  }
  return out;
}

template <class T>
Status take(Result<T> from, T& out) {
  if (!from) return from.error();
  out = *std::move(from);
  return {};
}

}  // namespace

Status FamilyTensors::norm(const std::string& name, std::int64_t size, NormTensors& out) const {
  MARTLET_RETURN_IF_ERROR(take(checkpoint_.read(name + ".weight", std::array{size}), out.gamma));
  if (config_.biases.norm)
    return take(checkpoint_.read(name + ".bias", std::array{size}), out.beta);
  out.beta = zeros(size);
  return {};
}

Status FamilyTensors::dense(const std::string& name, const Shape& shape, DenseTensors& out) const {
  out.outputs = shape.outputs;
  out.inputs = shape.inputs;
  MARTLET_RETURN_IF_ERROR(
      take(checkpoint_.read(name + ".weight", std::array{shape.outputs, shape.inputs}), out.weight)
  );
  if (shape.biased)
    return take(checkpoint_.read(name + ".bias", std::array{shape.outputs}), out.bias);
  out.bias = zeros(shape.outputs);
  return {};
}

Status FamilyTensors::joined(
    const std::string& name, const Shape& part, const std::vector<DenseTensors*>& parts
) const {
  const auto count = static_cast<std::int64_t>(parts.size());
  DenseTensors whole;
  MARTLET_RETURN_IF_ERROR(dense(name, {count * part.outputs, part.inputs, part.biased}, whole));
  const auto rows = static_cast<std::size_t>(part.outputs);
  const auto size = rows * static_cast<std::size_t>(part.inputs);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    *parts[i] = {
        .weight = copy(whole.weight.values().subspan(i * size, size)),
        .bias = copy(whole.bias.values().subspan(i * rows, rows)),
        .outputs = part.outputs,
        .inputs = part.inputs,
    };
  }
  return {};
}

Status FamilyTensors::distances(FloatTensor& out) const {
  if (!config_.distances.matter()) return {};
  const std::int64_t width = config_.hidden_size;
  const auto rows = checkpoint_.read(
      names_.base(family().distance_embeddings) + ".weight",
      std::array{std::int64_t{config_.distances.rows()}, width}
  );
  if (!rows) return rows.error();
  NormTensors norms;
  MARTLET_RETURN_IF_ERROR(norm(names_.base(family().distance_norm), width, norms));
  out = FloatTensor(normalized(rows->values(), norms, config_.layer_norm_eps));
  return {};
}

Status FamilyTensors::embeddings(EmbeddingTensors& out) const {
  const std::int64_t width = config_.embedding_size;
  MARTLET_RETURN_IF_ERROR(take(
      checkpoint_.read(
          names_.base(family().word_embeddings) + ".weight",
          std::array{std::int64_t{config_.vocab_size}, width}
      ),
      out.words
  ));
  MARTLET_RETURN_IF_ERROR(take(read_positions(names_, checkpoint_, config_), out.positions));
  MARTLET_RETURN_IF_ERROR(take(read_types(names_, checkpoint_, config_), out.types));
  MARTLET_RETURN_IF_ERROR(take(read_relative_bias(names_, checkpoint_, config_), out.relative_bias)
  );
  MARTLET_RETURN_IF_ERROR(distances(out.distances));
  MARTLET_RETURN_IF_ERROR(norm(names_.base(family().embedding_norm), width, out.norm));
  const std::string projection = names_.base(family().embedding_projection);
  const bool may_do_without = config_.embedding_size == config_.hidden_size;
  if (may_do_without && (family().embedding_projection.empty() || !names_.has(projection)))
    return {};
  return dense(projection, {config_.hidden_size, width}, out.projection.emplace());
}

Status FamilyTensors::attention(int index, LayerTensors& out) const {
  const auto name = [&](std::string_view pattern) { return names_.layer(pattern, index); };
  const std::int64_t hidden = config_.hidden_size;
  const Shape square{hidden, hidden, config_.biases.attention};
  if (family().query_key_value.empty()) {
    MARTLET_RETURN_IF_ERROR(dense(name(family().query), square, out.query));
    MARTLET_RETURN_IF_ERROR(dense(name(family().key), square, out.key));
    MARTLET_RETURN_IF_ERROR(dense(name(family().value), square, out.value));
  } else {
    MARTLET_RETURN_IF_ERROR(
        joined(name(family().query_key_value), square, {&out.query, &out.key, &out.value})
    );
  }
  MARTLET_RETURN_IF_ERROR(dense(name(family().attention_out), square, out.attention_out));
  return norm(names_.norm_after_attention(index), hidden, out.attention_norm);
}

Status FamilyTensors::feed_forward(int index, LayerTensors& out) const {
  const std::int64_t hidden = config_.hidden_size;
  const std::int64_t inner = config_.intermediate_size;
  const Shape in{inner, hidden, config_.biases.ff};
  const std::string ff_in = names_.layer(family().ff_in, index);
  if (config_.gated) {
    MARTLET_RETURN_IF_ERROR(joined(ff_in, in, {&out.ff_in, &out.ff_gate.emplace()}));
  } else {
    MARTLET_RETURN_IF_ERROR(dense(ff_in, in, out.ff_in));
  }
  MARTLET_RETURN_IF_ERROR(
      dense(names_.layer(family().ff_out, index), {hidden, inner, config_.biases.ff}, out.ff_out)
  );
  return norm(names_.norm_after_ff(index, config_.layers), hidden, out.ff_norm);
}

Status FamilyTensors::layer(int index, LayerTensors& out) const {
  const int weights = config_.weights_of(index);
  MARTLET_RETURN_IF_ERROR(attention(weights, out));
  return feed_forward(weights, out);
}

Status FamilyTensors::heads(HeadTensors& out) const {
  const std::int64_t hidden = config_.hidden_size;
  const std::string pooler = names_.base(family().pooler);
  if (!family().pooler.empty() && names_.has(pooler))
    MARTLET_RETURN_IF_ERROR(dense(pooler, {hidden, hidden}, out.pooler.emplace()));
  const std::string classifier = names_.classifier(config_);
  if (!names_.has(classifier)) return {};
  const auto labels = static_cast<std::int64_t>(config_.labels.size());
  MARTLET_RETURN_IF_ERROR(dense(classifier, {labels, hidden}, out.classifier.emplace()));
  out.tokens = is_token_classifier(config_);
  if (out.tokens && !family().token_head_dense) return {};
  MARTLET_RETURN_IF_ERROR(
      dense(names_.head_dense(), {hidden, hidden, config_.biases.head_dense}, out.dense.emplace())
  );
  if (family().head_norm.empty()) return {};
  return norm(std::string(family().head_norm), hidden, out.norm.emplace());
}

}  // namespace martlet
