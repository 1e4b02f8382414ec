#include "engines/native/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

#include "core/error.h"

namespace martlet {
namespace {

constexpr Family bert() {
  return {
      .model_type = "bert",
      .word_embeddings = "embeddings.word_embeddings",
      .position_embeddings = "embeddings.position_embeddings",
      .type_embeddings = "embeddings.token_type_embeddings",
      .embedding_norm = "embeddings.LayerNorm",
      .relative_bias = "",
      .embedding_projection = "",
      .query = "encoder.layer.{}.attention.self.query",
      .key = "encoder.layer.{}.attention.self.key",
      .value = "encoder.layer.{}.attention.self.value",
      .attention_out = "encoder.layer.{}.attention.output.dense",
      .attention_norm = "encoder.layer.{}.attention.output.LayerNorm",
      .ff_in = "encoder.layer.{}.intermediate.dense",
      .ff_out = "encoder.layer.{}.output.dense",
      .ff_norm = "encoder.layer.{}.output.LayerNorm",
      .pooler = "pooler.dense",
      .head_dense = "pooler.dense",
      .head_dense_in_prefix = true,
      .head_activation = Activation::kTanh,
      .classifier = "classifier",
      .token_classifier = "classifier",
  };
}

constexpr Family distilbert() {
  return {
      .model_type = "distilbert",
      .word_embeddings = "embeddings.word_embeddings",
      .position_embeddings = "embeddings.position_embeddings",
      .type_embeddings = "",
      .embedding_norm = "embeddings.LayerNorm",
      .relative_bias = "",
      .embedding_projection = "",
      .query = "transformer.layer.{}.attention.q_lin",
      .key = "transformer.layer.{}.attention.k_lin",
      .value = "transformer.layer.{}.attention.v_lin",
      .attention_out = "transformer.layer.{}.attention.out_lin",
      .attention_norm = "transformer.layer.{}.sa_layer_norm",
      .ff_in = "transformer.layer.{}.ffn.lin1",
      .ff_out = "transformer.layer.{}.ffn.lin2",
      .ff_norm = "transformer.layer.{}.output_layer_norm",
      .pooler = "",
      .head_dense = "pre_classifier",
      .head_dense_in_prefix = false,
      .head_activation = Activation::kRelu,
      .classifier = "classifier",
      .token_classifier = "classifier",
  };
}

/// BERT's encoder under a head of its own.
constexpr Family roberta(std::string_view model_type) {
  Family family = bert();
  family.model_type = model_type;
  family.head_dense = "classifier.dense";
  family.head_dense_in_prefix = false;
  family.classifier = "classifier.out_proj";
  return family;
}

constexpr Family electra() {
  Family family = roberta("electra");
  family.embedding_projection = "embeddings_project";
  family.pooler = "";
  family.head_activation = Activation::kGelu;
  return family;
}

constexpr Family mpnet() {
  Family family = roberta("mpnet");
  family.type_embeddings = "";
  family.relative_bias = "encoder.relative_attention_bias";
  family.query = "encoder.layer.{}.attention.attn.q";
  family.key = "encoder.layer.{}.attention.attn.k";
  family.value = "encoder.layer.{}.attention.attn.v";
  family.attention_out = "encoder.layer.{}.attention.attn.o";
  family.attention_norm = "encoder.layer.{}.attention.LayerNorm";
  return family;
}

constexpr Family albert() {
  Family family = bert();
  family.model_type = "albert";
  family.embedding_projection = "encoder.embedding_hidden_mapping_in";
  family.query = "encoder.albert_layer_groups.{}.albert_layers.0.attention.query";
  family.key = "encoder.albert_layer_groups.{}.albert_layers.0.attention.key";
  family.value = "encoder.albert_layer_groups.{}.albert_layers.0.attention.value";
  family.attention_out = "encoder.albert_layer_groups.{}.albert_layers.0.attention.dense";
  family.attention_norm = "encoder.albert_layer_groups.{}.albert_layers.0.attention.LayerNorm";
  family.ff_in = "encoder.albert_layer_groups.{}.albert_layers.0.ffn";
  family.ff_out = "encoder.albert_layer_groups.{}.albert_layers.0.ffn_output";
  family.ff_norm = "encoder.albert_layer_groups.{}.albert_layers.0.full_layer_layer_norm";
  family.pooler = "pooler";
  family.head_dense = "pooler";
  return family;
}

constexpr Family deberta_v2() {
  Family family = bert();
  family.model_type = "deberta-v2";
  family.distance_embeddings = "encoder.rel_embeddings";
  family.distance_norm = "encoder.LayerNorm";
  family.query = "encoder.layer.{}.attention.self.query_proj";
  family.key = "encoder.layer.{}.attention.self.key_proj";
  family.value = "encoder.layer.{}.attention.self.value_proj";
  family.pooler = "";
  family.head_dense_in_prefix = false;
  family.head_activation = Activation::kGelu;
  return family;
}

constexpr Family modernbert() {
  return {
      .model_type = "modernbert",
      .word_embeddings = "embeddings.tok_embeddings",
      .position_embeddings = "",
      .type_embeddings = "",
      .embedding_norm = "embeddings.norm",
      .relative_bias = "",
      .embedding_projection = "",
      .query = "",
      .key = "",
      .value = "",
      .query_key_value = "layers.{}.attn.Wqkv",
      .attention_out = "layers.{}.attn.Wo",
      .attention_norm = "layers.{}.attn_norm",
      .ff_in = "layers.{}.mlp.Wi",
      .ff_out = "layers.{}.mlp.Wo",
      .ff_norm = "layers.{}.mlp_norm",
      .final_norm = "final_norm",
      .pooler = "",
      .head_dense = "head.dense",
      .head_dense_in_prefix = false,
      .head_activation = Activation::kGelu,
      .head_norm = "head.norm",
      .classifier = "classifier",
      .token_classifier = "classifier",
      .token_head_dense = true,
  };
}

constexpr Family kFamilies[] = {
    bert(),
    distilbert(),
    roberta("roberta"),
    roberta("xlm-roberta"),
    roberta("camembert"),
    electra(),
    mpnet(),
    modernbert(),
    albert(),
    deberta_v2(),
};

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

Result<Activation> find_activation(
    const std::string& name, std::string_view key, std::string_view where
) {
  const auto* found = std::ranges::find(kActivations, name, &ActivationName::name);
  if (found != std::end(kActivations)) return found->activation;
  return error(
      StatusCode::kUnsupported, where,
      "{}, got '{}', expected gelu, gelu_new, gelu_pytorch_tanh, relu or tanh", key, name
  );
}

std::string known_families() {
  std::string names;
  for (const Family& family : kFamilies) {
    if (!names.empty()) names += ", ";
    names += family.model_type;
  }
  return names;
}

/// MPNet's buckets: half of them for keys behind the query; distances up to 7 have one each, those
/// up to 128 share the others by their logarithms, in fp32 as PyTorch computes them.
constexpr std::int32_t kBuckets = 32;

std::int32_t bucket_of(std::int32_t distance) {
  constexpr std::int32_t kHalf = kBuckets / 2;
  constexpr std::int32_t kExact = kHalf / 2;
  constexpr float kFarthest = 128;
  const std::int32_t side = distance > 0 ? kHalf : 0;
  const std::int32_t steps = std::abs(distance);
  if (steps < kExact) return side + steps;
  const float share = std::log(static_cast<float>(steps) / kExact) / std::log(kFarthest / kExact);
  const auto large = kExact + static_cast<std::int32_t>(share * (kHalf - kExact));
  return side + std::min(large, kHalf - 1);
}

Result<FloatTensor> read_type_table(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
) {
  return checkpoint.read(
      names.base(names.family().type_embeddings) + ".weight",
      std::array<std::int64_t, 2>{config.type_vocab_size, config.embedding_size}
  );
}

}  // namespace

Result<Architecture> find_architecture(const HfConfig& config, std::string_view where) {
  const auto* family = std::ranges::find(kFamilies, config.model_type, &Family::model_type);
  if (family == std::end(kFamilies)) {
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
  const auto activation = find_activation(config.hidden_act, "hidden_act", where);
  if (!activation) return activation.error();
  if (config.head_act.empty()) return Architecture{family, *activation, family->head_activation};
  const auto head = find_activation(config.head_act, "the head's activation", where);
  if (!head) return head.error();
  return Architecture{family, *activation, *head};
}

bool is_token_classifier(const HfConfig& config) {
  return std::ranges::any_of(config.architectures, [](const std::string& name) {
    return name.ends_with("ForTokenClassification");
  });
}

WeightNames::WeightNames(const Checkpoint& checkpoint, const Family& family)
    : checkpoint_(&checkpoint), family_(&family) {
  const std::string_view prefix = base_model_prefix(family.model_type);
  if (has(fmt::format("{}{}", prefix, family.word_embeddings))) prefix_ = prefix;
}

std::string WeightNames::base(std::string_view name) const {
  return std::string(prefix_).append(name);
}

std::string WeightNames::layer(std::string_view pattern, int index) const {
  return base(fmt::format(fmt::runtime(pattern), index));
}

std::string WeightNames::norm_after_attention(int index) const {
  return layer(family_->final_norm.empty() ? family_->attention_norm : family_->ff_norm, index);
}

std::string WeightNames::norm_after_ff(int index, int layers) const {
  if (family_->final_norm.empty()) return layer(family_->ff_norm, index);
  return index + 1 < layers ? layer(family_->attention_norm, index + 1) : base(family_->final_norm);
}

std::string WeightNames::head_dense() const {
  return family_->head_dense_in_prefix ? base(family_->head_dense)
                                       : std::string(family_->head_dense);
}

std::string WeightNames::classifier(const HfConfig& config) const {
  return std::string(is_token_classifier(config) ? family_->token_classifier : family_->classifier);
}

bool WeightNames::has(const std::string& name) const { return checkpoint_->has(name + ".weight"); }

Result<FloatTensor> read_types(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
) {
  if (names.family().type_embeddings.empty() || config.text_types() == 0) return FloatTensor();
  return read_type_table(names, checkpoint, config);
}

Result<std::vector<float>> read_relative_bias(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
) {
  if (names.family().relative_bias.empty()) return std::vector<float>();
  const std::string name = names.base(names.family().relative_bias) + ".weight";
  if (config.relative_buckets < kBuckets) {
    return error(
        StatusCode::kUnsupported, name, "got {} buckets of distances, expected {}",
        config.relative_buckets, kBuckets
    );
  }
  const auto table =
      checkpoint.read(name, std::array<std::int64_t, 2>{config.relative_buckets, config.heads});
  if (!table) return table.error();
  std::vector<float> bias;
  const auto heads = static_cast<std::size_t>(config.heads);
  const std::int32_t longest = config.max_length();
  for (std::size_t head = 0; head < heads; ++head) {
    for (std::int32_t distance = 1 - longest; distance < longest; ++distance) {
      const auto row = static_cast<std::size_t>(bucket_of(distance));
      bias.push_back(table->values()[row * heads + head]);
    }
  }
  return bias;
}

Result<FloatTensor> read_positions(
    const WeightNames& names, const Checkpoint& checkpoint, const HfConfig& config
) {
  if (names.family().position_embeddings.empty() || !config.adds_positions) return FloatTensor();
  const auto width = std::int64_t{config.embedding_size};
  auto table = checkpoint.read(
      names.base(names.family().position_embeddings) + ".weight",
      std::array{std::int64_t{config.max_positions}, width}
  );
  if (!table || !config.one_type) return table;
  const auto types = read_type_table(names, checkpoint, config);
  if (!types) return types.error();
  std::vector<float> sums(table->values().begin(), table->values().end());
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] += types->values()[i % static_cast<std::size_t>(width)];
  return FloatTensor(std::move(sums));
}

}  // namespace martlet
