#include "formats/lora_config.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <span>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/json.h"

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr std::int32_t kMaxRank = 1 << 16;
constexpr double kMaxAlpha = 1e9;
constexpr JsonOptions kJsonOptions{.max_bytes = std::size_t{16} << 20};

/// Read below.
constexpr std::string_view kRead[] = {
    "peft_type",  "task_type",       "r",    "lora_alpha",        "rank_pattern", "alpha_pattern",
    "use_rslora", "modules_to_save", "bias", "init_lora_weights",
};

/// They say how the adapter was trained or where it goes, which its tensors show. fan_in_fan_out is
/// among them because PEFT itself ignores it for linear layers, the only ones that our families
/// have.
constexpr std::string_view kHarmless[] = {
    "auto_mapping",   "base_model_name_or_path", "eva_config",     "exclude_modules",
    "fan_in_fan_out", "inference_mode",          "layers_pattern", "layers_to_transform",
    "lora_dropout",   "megatron_core",           "peft_version",   "qalora_group_size",
    "revision",       "target_modules",
};

/// Ways to set the first weights that leave the base model as it is. The others (PiSSA, OLoRA,
/// LoftQ, ...) subtract something from it, so that the adapter does not fit the base on disk.
constexpr std::string_view kPlainInits[] = {"gaussian", "orthogonal", "eva"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// null, false, 0, "", [] and {}: a feature that is off.
bool is_off(const bj::value& value) {
  switch (value.kind()) {
    case bj::kind::null:
      return true;
    case bj::kind::bool_:
      return !value.get_bool();
    case bj::kind::int64:
      return value.get_int64() == 0;
    case bj::kind::string:
      return value.get_string().empty();
    case bj::kind::array:
      return value.get_array().empty();
    case bj::kind::object:
      return value.get_object().empty();
    default:
      return false;
  }
}

/// PEFT gains features all the time: one that we do not know and that is on may change the numbers.
Status refuse_unknown_features(const bj::object& root, std::string_view where) {
  for (const auto& member : root) {
    const std::string_view key = member.key();
    if (contains(kRead, key) || contains(kHarmless, key) || is_off(member.value())) continue;
    return error(
        StatusCode::kUnsupported, where, "{}: got {}, expected it to be off", in_quotes(key),
        describe(member.value())
    );
  }
  return {};
}

Status refuse_other_kinds(JsonReader& reader, std::string_view where) {
  std::string type;
  std::string bias = "none";
  reader.require("peft_type");
  reader.get("peft_type", type);
  reader.get("bias", bias);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (type != "LORA") {
    return error(
        StatusCode::kUnsupported, where, "peft_type: got {}, expected \"LORA\"", in_quotes(type)
    );
  }
  if (bias != "none") {
    return error(
        StatusCode::kUnsupported, where, "bias: got {}, expected \"none\"", in_quotes(bias)
    );
  }
  const bj::value* init = reader.find("init_lora_weights");
  if (init == nullptr || init->is_bool()) return {};
  if (init->is_string() && contains(kPlainInits, init->get_string())) return {};
  return error(
      StatusCode::kUnsupported, where,
      "init_lora_weights: got {}, expected a kind that leaves the base model as it is",
      describe(*init)
  );
}

/// PEFT reads the keys of a pattern as regular expressions. Plain module names are enough in
/// practice; in them only the dot is special, and it matches itself.
bool is_plain_pattern(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.';
  });
}

bool matches(std::string_view pattern, std::string_view module) {
  if (!module.ends_with(pattern)) return false;
  const std::size_t rest = module.size() - pattern.size();
  return rest == 0 || module[rest - 1] == '.';
}

template <class T, class Range>
Status read_pattern(
    JsonReader& reader, std::string_view where, std::string_view key, Range range,
    std::vector<std::pair<std::string, T>>& out
) {
  const bj::object* pattern = reader.object(key);
  if (pattern == nullptr) return reader.status();
  JsonReader members(*pattern, where, key);
  for (const auto& member : *pattern) {
    if (!is_plain_pattern(member.key())) {
      return error(
          StatusCode::kUnsupported, where, "{}: got the key {}, expected a plain module name", key,
          in_quotes(member.key())
      );
    }
    members.require(member.key());
    T value{};
    members.get(member.key(), value, range);
    out.emplace_back(member.key(), value);
  }
  return members.status();
}

void read_modules_to_save(JsonReader& reader, std::vector<std::string>& out) {
  const bj::array* names = reader.array("modules_to_save");
  if (names == nullptr) return;
  for (const bj::value& name : *names) {
    if (!name.is_string()) return reader.reject("modules_to_save", describe(name), "strings");
    out.emplace_back(name.get_string());
  }
}

template <class T>
T pick(
    const std::vector<std::pair<std::string, T>>& pattern, std::string_view module, T otherwise
) {
  for (const auto& [key, value] : pattern) {
    if (matches(key, module)) return value;
  }
  return otherwise;
}

}  // namespace

std::int32_t LoraConfig::rank_of(std::string_view module) const {
  return pick(rank_pattern, module, rank);
}

double LoraConfig::scale_of(std::string_view module) const {
  const auto r = static_cast<double>(rank_of(module));
  return pick(alpha_pattern, module, alpha) / (rank_stabilized ? std::sqrt(r) : r);
}

Result<LoraConfig> parse_lora_config(std::string_view json, std::string_view where) {
  const auto root = parse_json_object(json, where, kJsonOptions);
  if (!root) return root.status();
  JsonReader reader(*root, where);
  MARTLET_RETURN_IF_ERROR(refuse_other_kinds(reader, where));
  MARTLET_RETURN_IF_ERROR(refuse_unknown_features(*root, where));

  LoraConfig config;
  constexpr IntegerRange kRanks{.min = 1, .max = kMaxRank};
  constexpr NumberRange kAlphas{.min = -kMaxAlpha, .max = kMaxAlpha};
  reader.get("r", config.rank, kRanks);
  reader.get("lora_alpha", config.alpha, kAlphas);
  reader.get("use_rslora", config.rank_stabilized);
  reader.get("task_type", config.task_type);
  read_modules_to_save(reader, config.modules_to_save);
  MARTLET_RETURN_IF_ERROR(read_pattern(reader, where, "rank_pattern", kRanks, config.rank_pattern));
  MARTLET_RETURN_IF_ERROR(
      read_pattern(reader, where, "alpha_pattern", kAlphas, config.alpha_pattern)
  );
  MARTLET_RETURN_IF_ERROR(reader.status());
  return config;
}

Result<LoraConfig> load_lora_config(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "adapter_config.json";
  const auto file = MappedFile::open(path);
  if (!file) return file.status();
  return parse_lora_config(file->text(), path.string());
}

}  // namespace martlet
