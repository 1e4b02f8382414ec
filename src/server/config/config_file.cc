#include "server/config/config_file.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

/// Owns libyaml's parser and the document that it has read.
class Document {
 public:
  explicit Document(std::string_view text) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    yaml_parser_set_input_string(
        &parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size()
    );
    loaded_ = yaml_parser_load(&parser_, &document_) != 0;
  }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document() {
    if (loaded_) yaml_document_delete(&document_);
    if (ready_) yaml_parser_delete(&parser_);
  }

  [[nodiscard]] bool loaded() const noexcept { return loaded_; }
  [[nodiscard]] const yaml_parser_t& parser() const noexcept { return parser_; }

  /// Null for an empty document.
  yaml_node_t* root() { return yaml_document_get_root_node(&document_); }
  yaml_node_t& node(int index) { return *yaml_document_get_node(&document_, index); }

 private:
  yaml_parser_t parser_{};
  yaml_document_t document_{};
  bool ready_ = false;
  bool loaded_ = false;
};

const Setting* find_setting(std::string_view name) {
  const auto settings = server_settings();
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

Status failure(std::string_view where, std::size_t line, std::string_view what) {
  return error(StatusCode::kInvalidInput, fmt::format("{}:{}", where, line + 1), "{}", what);
}

/// None for what is no single value.
std::optional<std::string> word_of(const yaml_node_t& node) {
  if (node.type != YAML_SCALAR_NODE) return std::nullopt;
  return std::string(
      reinterpret_cast<const char*>(node.data.scalar.value), node.data.scalar.length
  );
}

/// The words of a value, of a list, or of `models: {NAME: PATH}`; none where one of them is no
/// word.
std::optional<std::vector<std::string>> words_of(
    const Setting& setting, Document& document, const yaml_node_t& node
) {
  std::vector<std::optional<std::string>> words;
  if (node.type == YAML_SEQUENCE_NODE && setting.is_list) {
    const auto& items = node.data.sequence.items;
    for (const auto* item = items.start; item != items.top; ++item) {
      words.push_back(word_of(document.node(*item)));
    }
  } else if (node.type == YAML_MAPPING_NODE && setting.name == "models") {
    const auto& pairs = node.data.mapping.pairs;
    for (const auto* pair = pairs.start; pair != pairs.top; ++pair) {
      const auto name = word_of(document.node(pair->key));
      const auto path = word_of(document.node(pair->value));
      words.push_back(name && path ? std::optional(*name + "=" + *path) : std::nullopt);
    }
  } else {
    words.push_back(word_of(node));
  }
  std::vector<std::string> all;
  for (auto& word : words) {
    if (!word) return std::nullopt;
    all.push_back(std::move(*word));
  }
  return all;
}

Status read_setting(
    Document& document, const yaml_node_pair_t& pair, std::string_view where, SettingValues& values
) {
  const yaml_node_t& key = document.node(pair.key);
  const std::string name = word_of(key).value_or("");
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    return failure(
        where, key.start_mark.line,
        fmt::format(
            "unknown setting '{}', expected a flag of martlet serve without --", printable(name)
        )
    );
  }
  auto words = words_of(*setting, document, document.node(pair.value));
  if (!words) {
    return failure(
        where, key.start_mark.line,
        fmt::format(
            "{} has a value of the wrong kind, expected {}{}", name, setting->value,
            setting->is_list ? " or a list" : ""
        )
    );
  }
  if (values.contains(name)) {
    return failure(where, key.start_mark.line, fmt::format("{} is there twice", name));
  }
  values.emplace(name, std::move(*words));
  return {};
}

}  // namespace

Result<SettingValues> parse_config_file(std::string_view text, std::string_view where) {
  Document document(text);
  if (!document.loaded()) {
    const yaml_parser_t& parser = document.parser();
    return failure(
        where, parser.problem_mark.line,
        fmt::format(
            "this is not YAML: {}", parser.problem == nullptr ? "malformed" : parser.problem
        )
    );
  }
  SettingValues values;
  const yaml_node_t* root = document.root();
  if (root == nullptr) return values;
  if (root->type != YAML_MAPPING_NODE) {
    return failure(where, root->start_mark.line, "expected settings, one NAME: VALUE on each line");
  }
  const auto& pairs = root->data.mapping.pairs;
  for (const auto* pair = pairs.start; pair != pairs.top; ++pair) {
    MARTLET_RETURN_IF_ERROR(read_setting(document, *pair, where, values));
  }
  return values;
}

}  // namespace martlet
