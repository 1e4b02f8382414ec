#include "formats/sentence_transformers.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/json.h"

namespace martlet {
namespace {

namespace bj = boost::json;

struct Module {
  std::string kind;  // "Pooling": the last part of the type, which newer versions nest deeper
  std::string path;
};

/// "" or a relative path that only goes down.
bool stays_inside(const std::string& path) {
  const std::filesystem::path parts(path);
  return parts.is_relative() && path.find('\0') == std::string::npos &&
         std::ranges::none_of(parts, [](const auto& part) { return part == ".."; });
}

Result<Module> read_module(const bj::value& value, const std::string& where) {
  if (!value.is_object()) {
    return error(
        StatusCode::kInvalidModel, where, "got {} as a module, expected an object", describe(value)
    );
  }
  JsonReader reader(value.get_object(), where);
  Module module;
  std::string type;
  reader.require("type");
  reader.get("type", type);
  reader.get("path", module.path);
  if (!stays_inside(module.path)) {
    reader.reject("path", in_quotes(module.path), "a folder inside the model's directory");
  }
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (!type.starts_with("sentence_transformers.")) {
    return error(
        StatusCode::kUnsupported, where, "type: got {}, expected a module of sentence_transformers",
        in_quotes(type)
    );
  }
  module.kind = type.substr(type.rfind('.') + 1);
  return module;
}

Result<std::vector<Module>> load_modules(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) return file.status();
  const std::string where = path.string();
  const auto root = parse_json(file->text(), where);
  if (!root) return root.status();
  if (!root->is_array()) {
    return error(
        StatusCode::kInvalidModel, where, "got {}, expected an array of modules", describe(*root)
    );
  }
  std::vector<Module> modules;
  for (const bj::value& value : root->get_array()) {
    auto module = read_module(value, where);
    if (!module) return module.status();
    modules.push_back(std::move(*module));
  }
  return modules;
}

struct PoolingName {
  std::string_view mode;
  std::string_view flag;  // the same in files before sentence-transformers 5.2
  std::optional<OutputKind> output;
};

constexpr PoolingName kPoolings[] = {
    {"cls", "pooling_mode_cls_token", OutputKind::kCls},
    {"max", "pooling_mode_max_tokens", OutputKind::kMax},
    {"mean", "pooling_mode_mean_tokens", OutputKind::kMean},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", std::nullopt},
    {"weightedmean", "pooling_mode_weightedmean_tokens", std::nullopt},
    {"lasttoken", "pooling_mode_lasttoken", std::nullopt},
};

/// "pooling_mode" is a name or an array of names; before it there was a flag per mode.
std::vector<std::string> read_pooling_modes(JsonReader& reader) {
  std::vector<std::string> modes;
  const bj::value* mode = reader.find("pooling_mode");
  if (mode == nullptr) {
    for (const PoolingName& pooling : kPoolings) {
      bool on = false;
      reader.get(pooling.flag, on);
      if (on) modes.emplace_back(pooling.mode);
    }
    if (modes.empty()) modes.emplace_back("mean");
  } else if (mode->is_string()) {
    modes.emplace_back(mode->get_string());
  } else if (const bj::array* names = reader.array("pooling_mode")) {
    for (const bj::value& name : *names) {
      if (name.is_string()) modes.emplace_back(name.get_string());
      if (!name.is_string()) reader.reject("pooling_mode", describe(name), "strings");
    }
  }
  return modes;
}

Result<OutputKind> load_pooling(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  const auto root = load_json_object(path);
  if (!root) return root.status();
  JsonReader reader(*root, path.string());
  const std::vector<std::string> modes = read_pooling_modes(reader);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (modes.size() == 1) {
    for (const PoolingName& pooling : kPoolings) {
      if (pooling.mode == modes[0] && pooling.output) return *pooling.output;
    }
  }
  return error(
      StatusCode::kUnsupported, path.string(), "pooling: got {}, expected cls, max or mean",
      in_quotes(fmt::format("{}", fmt::join(modes, " + ")))
  );
}

/// Reads what of the transformer module's own settings is not in the model's config.json.
Status load_transformer(
    const std::filesystem::path& directory, SentenceTransformersLayout& layout
) {
  std::error_code ignored;
  for (const std::string_view name :
       {"sentence_bert_config.json", "sentence_roberta_config.json",
        "sentence_distilbert_config.json"}) {
    const std::filesystem::path path = directory / name;
    if (!std::filesystem::exists(path, ignored)) continue;
    layout.files.push_back(std::filesystem::path(layout.transformer) / name);
    const auto root = load_json_object(path);
    if (!root) return root.status();
    JsonReader reader(*root, path.string());
    std::string task = "feature-extraction";
    reader.get("max_seq_length", layout.max_length, {.min = 1});
    reader.get("do_lower_case", layout.lowercase);
    reader.get("transformer_task", task);
    MARTLET_RETURN_IF_ERROR(reader.status());
    if (task == "feature-extraction") return {};
    return error(
        StatusCode::kUnsupported, path.string(),
        "transformer_task: got {}, expected \"feature-extraction\"", in_quotes(task)
    );
  }
  return {};
}

/// A prompt is text that sentence-transformers puts before every input.
Status refuse_default_prompt(
    const std::filesystem::path& directory, SentenceTransformersLayout& layout
) {
  constexpr std::string_view kName = "config_sentence_transformers.json";
  const std::filesystem::path path = directory / kName;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  layout.files.emplace_back(kName);
  const auto root = load_json_object(path);
  if (!root) return root.status();
  JsonReader reader(*root, path.string());
  std::string name;
  std::string prompt;
  reader.get("default_prompt_name", name);
  const bj::object* prompts = reader.object("prompts");
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (name.empty() || prompts == nullptr) return {};
  JsonReader texts(*prompts, path.string(), "prompts");
  texts.get(name, prompt);
  MARTLET_RETURN_IF_ERROR(texts.status());
  if (prompt.empty()) return {};
  return error(
      StatusCode::kUnsupported, path.string(), "default_prompt_name: got {}, expected none",
      in_quotes(name)
  );
}

/// Transformer, Pooling, then any of Normalize and Dropout (which does nothing here).
Status follow_modules(
    const std::filesystem::path& directory, const std::vector<Module>& modules,
    SentenceTransformersLayout& layout
) {
  const std::string where = (directory / "modules.json").string();
  const auto kind = [&](std::size_t i) {
    return i < modules.size() ? std::string_view(modules[i].kind) : "nothing";
  };
  if (kind(0) != "Transformer" || kind(1) != "Pooling") {
    return error(
        StatusCode::kUnsupported, where, "got {} and {}, expected Transformer and Pooling first",
        kind(0), kind(1)
    );
  }
  layout.transformer = modules[0].path;
  MARTLET_RETURN_IF_ERROR(load_transformer(directory / modules[0].path, layout));
  layout.files.push_back(std::filesystem::path(modules[1].path) / "config.json");
  const auto pooling = load_pooling(directory / modules[1].path);
  if (!pooling) return pooling.status();
  layout.pooling = *pooling;
  for (std::size_t i = 2; i < modules.size(); ++i) {
    if (kind(i) != "Normalize" && kind(i) != "Dropout") {
      return error(
          StatusCode::kUnsupported, where, "got the module {}, expected Normalize or none",
          in_quotes(kind(i))
      );
    }
    layout.normalize = layout.normalize || kind(i) == "Normalize";
  }
  return {};
}

}  // namespace

Result<std::optional<SentenceTransformersLayout>> load_sentence_transformers(
    const std::filesystem::path& directory
) {
  const std::filesystem::path path = directory / "modules.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  const auto modules = load_modules(path);
  if (!modules) return modules.status();
  SentenceTransformersLayout layout;
  layout.files.emplace_back("modules.json");
  MARTLET_RETURN_IF_ERROR(follow_modules(directory, *modules, layout));
  MARTLET_RETURN_IF_ERROR(refuse_default_prompt(directory, layout));
  return layout;
}

}  // namespace martlet
