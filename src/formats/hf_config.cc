#include "formats/hf_config.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "formats/graph_file.h"
#include "formats/json.h"
#include "formats/task_config.h"

namespace martlet {
namespace {

constexpr std::int32_t kMaxDimension = 1 << 20;
constexpr std::int32_t kMaxLayers = 1024;
constexpr std::int64_t kMaxMatrix = std::int64_t{1} << 33;  // elements of one weight matrix
constexpr JsonOptions kJsonOptions{.max_bytes = std::size_t{16} << 20};

/// A number's name in a family's config.json, and what transformers takes when it is missing.
struct Dimension {
  std::string_view key;  // empty: the family has no such number, and it is always `fallback`
  std::int32_t fallback = 0;
};

/// How a family names what every encoder has. To add a family, add its row.
struct Family {
  std::string_view model_type;
  std::string_view prefix;  // of base_model_prefix()
  Dimension vocab_size;
  Dimension hidden_size;
  Dimension layers;
  Dimension heads;
  Dimension intermediate_size;
  Dimension max_positions;
  Dimension type_vocab_size;
  std::string_view hidden_act;
  std::string_view hidden_act_fallback = "gelu";
  std::string_view layer_norm_eps;  // empty: fixed
  float layer_norm_eps_fallback = 1e-12F;
  Dimension embedding_size{};  // 0: hidden_size
  bool one_type = false;
  Dimension padding{"", -1};  // of HfConfig::padding_position
  Dimension relative_buckets{};
  /// What only this family has; null: nothing.
  Status (*read_more)(JsonReader& reader, std::string_view where, HfConfig& config) = nullptr;
};

constexpr Family bert_like(std::string_view model_type, std::string_view prefix) {
  return {
      .model_type = model_type,
      .prefix = prefix,
      .vocab_size = {"vocab_size", 30522},
      .hidden_size = {"hidden_size", 768},
      .layers = {"num_hidden_layers", 12},
      .heads = {"num_attention_heads", 12},
      .intermediate_size = {"intermediate_size", 3072},
      .max_positions = {"max_position_embeddings", 512},
      .type_vocab_size = {"type_vocab_size", 2},
      .hidden_act = "hidden_act",
      .layer_norm_eps = "layer_norm_eps",
  };
}

constexpr Family distilbert() {
  Family family = bert_like("distilbert", "distilbert.");
  family.hidden_size.key = "dim";
  family.layers = {"n_layers", 6};
  family.heads.key = "n_heads";
  family.intermediate_size.key = "hidden_dim";
  family.type_vocab_size = {};
  family.hidden_act = "activation";
  family.layer_norm_eps = {};
  return family;
}

constexpr Family roberta_like(std::string_view model_type) {
  Family family = bert_like(model_type, "roberta.");
  family.one_type = true;
  family.padding = {"pad_token_id", 1};
  return family;
}

constexpr Family roberta() {
  Family family = roberta_like("roberta");
  family.vocab_size.fallback = 50265;
  return family;
}

constexpr Family electra() {
  Family family = bert_like("electra", "electra.");
  family.hidden_size.fallback = 256;
  family.heads.fallback = 4;
  family.intermediate_size.fallback = 1024;
  family.embedding_size = {"embedding_size", 128};
  return family;
}

constexpr Family mpnet() {
  Family family = bert_like("mpnet", "mpnet.");
  family.vocab_size.fallback = 30527;
  family.type_vocab_size = {};
  family.padding = {"", 1};
  family.relative_buckets = {"relative_attention_num_buckets", 32};
  return family;
}

Status read_albert(JsonReader& reader, std::string_view where, HfConfig& config) {
  std::int32_t inner = 1;
  config.layer_groups = 1;
  reader.get("num_hidden_groups", config.layer_groups, {.min = 1, .max = config.layers});
  reader.get("inner_group_num", inner, {.min = 1, .max = kMaxLayers});
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (inner == 1) return {};
  return error(StatusCode::kUnsupported, where, "inner_group_num, got {}, expected 1", inner);
}

constexpr Family albert() {
  Family family = bert_like("albert", "albert.");
  family.vocab_size.fallback = 30000;
  family.hidden_size.fallback = 4096;
  family.heads.fallback = 64;
  family.intermediate_size.fallback = 16384;
  family.embedding_size = {"embedding_size", 128};
  family.hidden_act_fallback = "gelu_new";
  family.read_more = read_albert;
  return family;
}

Status read_modernbert(JsonReader& reader, std::string_view where, HfConfig& config) {
  config.gated = true;
  config.pre_norm = true;
  config.biases = {.attention = false, .ff = false, .norm = false, .head_dense = false};
  reader.get("attention_bias", config.biases.attention);
  reader.get("mlp_bias", config.biases.ff);
  reader.get("norm_bias", config.biases.norm);
  reader.get("classifier_bias", config.biases.head_dense);
  reader.get("classifier_activation", config.head_act);
  std::string pooling = "cls";
  reader.get("classifier_pooling", pooling);
  if (pooling != "cls" && pooling != "mean")
    reader.reject("classifier_pooling", in_quotes(pooling), "cls or mean");
  config.head_reads_mean = pooling == "mean";
  if (config.hidden_size / config.heads % 2 != 0) {
    reader.reject(
        "hidden_size", fmt::format("{}", config.hidden_size),
        fmt::format("{} heads of an even size", config.heads)
    );
  }
  return read_rotary_config(reader, where, config.layers, config.rotary);
}

constexpr Family modernbert() {
  Family family = bert_like("modernbert", "model.");
  family.vocab_size.fallback = 50368;
  family.layers.fallback = 22;
  family.intermediate_size.fallback = 1152;
  family.max_positions.fallback = 8192;
  family.type_vocab_size = {};
  family.hidden_act = "hidden_activation";
  family.layer_norm_eps = "norm_eps";
  family.layer_norm_eps_fallback = 1e-5F;
  family.read_more = read_modernbert;
  return family;
}

Status read_deberta_v2(JsonReader& reader, std::string_view where, HfConfig& config) {
  const auto fixed = [&](std::string_view key, std::int32_t expected) -> Status {
    std::int32_t got = expected;
    reader.get(key, got, {.min = 0, .max = kMaxDimension});
    MARTLET_RETURN_IF_ERROR(reader.status());
    if (got == expected) return {};
    return error(StatusCode::kUnsupported, where, "{}, got {}, expected {}", key, got, expected);
  };
  MARTLET_RETURN_IF_ERROR(fixed("embedding_size", config.hidden_size));
  MARTLET_RETURN_IF_ERROR(fixed("attention_head_size", config.hidden_size / config.heads));
  MARTLET_RETURN_IF_ERROR(fixed("conv_kernel_size", 0));
  reader.get("type_vocab_size", config.type_vocab_size, {.min = 0, .max = kMaxDimension});
  reader.get("position_biased_input", config.adds_positions);
  reader.get("pooler_hidden_act", config.head_act);
  return read_distance_config(reader, where, config.max_positions, config.distances);
}

constexpr Family deberta_v2() {
  Family family = bert_like("deberta-v2", "deberta.");
  family.vocab_size.fallback = 128100;
  family.hidden_size.fallback = 1536;
  family.layers.fallback = 24;
  family.heads.fallback = 24;
  family.intermediate_size.fallback = 6144;
  family.type_vocab_size = {};
  family.layer_norm_eps_fallback = 1e-7F;
  family.read_more = read_deberta_v2;
  return family;
}

constexpr Family kFamilies[] = {
    bert_like("bert", "bert."),
    distilbert(),
    roberta(),
    roberta_like("xlm-roberta"),
    roberta_like("camembert"),
    electra(),
    mpnet(),
    modernbert(),
    albert(),
    deberta_v2(),
};

Result<const Family*> find_family(std::string_view model_type, std::string_view where) {
  std::string known;
  for (const Family& family : kFamilies) {
    if (family.model_type == model_type) return &family;
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  return error(
      StatusCode::kUnsupported, where, "model_type: got {}, expected one of {}",
      in_quotes(model_type), known
  );
}

void read_dimension(
    JsonReader& reader, const Dimension& dimension, std::int32_t max, std::int32_t& out
) {
  out = dimension.fallback;
  if (!dimension.key.empty()) reader.get(dimension.key, out, {.min = 1, .max = max});
}

void read_shape(JsonReader& reader, const Family& family, HfConfig& config) {
  read_dimension(reader, family.vocab_size, kMaxDimension, config.vocab_size);
  read_dimension(reader, family.hidden_size, kMaxDimension, config.hidden_size);
  read_dimension(reader, family.layers, kMaxLayers, config.layers);
  read_dimension(reader, family.heads, kMaxDimension, config.heads);
  read_dimension(reader, family.intermediate_size, kMaxDimension, config.intermediate_size);
  read_dimension(reader, family.max_positions, kMaxDimension, config.max_positions);
  read_dimension(reader, family.type_vocab_size, kMaxDimension, config.type_vocab_size);
  read_dimension(reader, family.embedding_size, kMaxDimension, config.embedding_size);
  if (config.embedding_size == 0) config.embedding_size = config.hidden_size;
  if (config.hidden_size % config.heads != 0) {
    reader.reject(
        family.heads.key, fmt::format("{}", config.heads),
        fmt::format("a divisor of {} ({})", config.hidden_size, family.hidden_size.key)
    );
  }
  const std::int64_t widest = std::max(
      {config.vocab_size, config.hidden_size, config.intermediate_size, config.max_positions}
  );
  if (widest * std::max(config.hidden_size, config.embedding_size) > kMaxMatrix) {
    reader.reject(
        family.hidden_size.key, fmt::format("a matrix of {} x {}", widest, config.hidden_size),
        fmt::format("at most {} elements", kMaxMatrix)
    );
  }
}

/// Where the family counts positions from the padding token's.
void read_padding_position(JsonReader& reader, const Dimension& padding, HfConfig& config) {
  config.padding_position = padding.fallback;
  if (!padding.key.empty())
    reader.get(padding.key, config.padding_position, {.min = 0, .max = kMaxDimension});
  if (config.max_length() > 0 && config.padding_position < config.vocab_size) return;
  reader.reject(
      "pad_token_id", fmt::format("{}", config.padding_position),
      fmt::format("less than {} positions and {} tokens", config.max_positions, config.vocab_size)
  );
}

/// What transformers would act on and martlet does not.
Status refuse_unsupported(const JsonReader& reader, std::string_view where) {
  if (reader.find("quantization_config") != nullptr) {
    return error(
        StatusCode::kUnsupported, where,
        "quantization_config: got a quantized model, expected fp32, fp16 or bf16 weights"
    );
  }
  const auto* pruned = reader.find("pruned_heads");
  if (pruned != nullptr && !(pruned->is_object() && pruned->get_object().empty())) {
    return error(
        StatusCode::kUnsupported, where, "pruned_heads: got {}, expected none", describe(*pruned)
    );
  }
  return {};
}

}  // namespace

float HfConfig::score_scale() const noexcept {
  const std::int32_t products = distances.matter() ? 3 : 1;
  const std::int32_t head_dim = hidden_size / heads;
  return 1.0F / std::sqrt(static_cast<float>(products * head_dim));
}

Result<HfConfig> parse_hf_config(std::string_view json, std::string_view where) {
  auto root = parse_json_object(json, where, kJsonOptions);
  if (!root) return root.status();
  JsonReader reader(*root, where);

  HfConfig config;
  reader.require("model_type");
  reader.get("model_type", config.model_type);
  MARTLET_RETURN_IF_ERROR(reader.status());
  const auto family = find_family(config.model_type, where);
  if (!family) return family.status();

  read_shape(reader, **family, config);
  config.one_type = (*family)->one_type;
  read_padding_position(reader, (*family)->padding, config);
  read_dimension(reader, (*family)->relative_buckets, kMaxDimension, config.relative_buckets);
  TaskConfig task = read_task_config(reader);
  config.architectures = std::move(task.architectures);
  config.labels = std::move(task.labels);
  config.problem_type = std::move(task.problem_type);
  config.activation_fn = std::move(task.activation_fn);
  config.hidden_act = (*family)->hidden_act_fallback;
  reader.get((*family)->hidden_act, config.hidden_act);
  config.layer_norm_eps = (*family)->layer_norm_eps_fallback;
  if (!(*family)->layer_norm_eps.empty()) {
    reader.get((*family)->layer_norm_eps, config.layer_norm_eps, {.min = 0.0, .max = 1.0});
  }
  reader.get("position_embedding_type", config.position_embedding_type);
  reader.get("is_decoder", config.is_decoder);
  if ((*family)->read_more != nullptr)
    MARTLET_RETURN_IF_ERROR((*family)->read_more(reader, where, config));
  MARTLET_RETURN_IF_ERROR(reader.status());
  MARTLET_RETURN_IF_ERROR(refuse_unsupported(reader, where));
  return config;
}

std::string_view base_model_prefix(std::string_view model_type) noexcept {
  for (const Family& family : kFamilies) {
    if (family.model_type == model_type) return family.prefix;
  }
  return {};
}

Result<HfConfig> load_hf_config(const std::filesystem::path& directory) {
  const auto config = model_text(directory, onnx_metadata::kConfig, "config.json");
  if (!config) return config.error();
  return parse_hf_config(config->text, config->where);
}

}  // namespace martlet
