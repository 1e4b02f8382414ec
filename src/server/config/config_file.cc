#include "server/config/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "core/error.h"

namespace martlet {
namespace {

const Setting* find_setting(std::string_view name) {
  const auto settings = server_settings();
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

/// A single value as a flag would have it.
std::optional<std::string> word_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return text;
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  return std::nullopt;
}

/// The words of a list, or of [models] NAME = PATH; none where one of them is no word.
std::optional<std::vector<std::string>> words_of(const Setting& setting, const toml::node& node) {
  std::vector<std::string> words;
  if (const toml::array* array = node.as_array(); array != nullptr && setting.is_list) {
    for (const toml::node& element : *array) {
      const auto word = word_of(element);
      if (!word) return std::nullopt;
      words.push_back(*word);
    }
    return words;
  }
  if (const toml::table* table = node.as_table(); table != nullptr && setting.name == "models") {
    for (const auto& [name, path] : *table) {
      const auto word = word_of(path);
      if (!word) return std::nullopt;
      words.push_back(fmt::format("{}={}", name.str(), *word));
    }
    return words;
  }
  const auto word = word_of(node);
  if (!word) return std::nullopt;
  words.push_back(*word);
  return words;
}

Status failure(std::string_view where, const toml::source_region& region, std::string_view what) {
  return error(
      StatusCode::kInvalidInput, fmt::format("{}:{}", where, region.begin.line), "{}", what
  );
}

}  // namespace

Result<SettingValues> parse_config_file(std::string_view text, std::string_view where) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return failure(where, parsed.error().source(), printable(parsed.error().description()));
  }
  SettingValues values;
  for (const auto& [key, node] : parsed.table()) {
    const Setting* setting = find_setting(key.str());
    if (setting == nullptr) {
      return failure(
          where, key.source(),
          fmt::format(
              "unknown setting '{}', expected a flag of martlet serve without --",
              printable(key.str())
          )
      );
    }
    auto words = words_of(*setting, node);
    if (!words) {
      return failure(
          where, key.source(),
          fmt::format(
              "{} has a value of the wrong kind, expected {}{}", setting->name, setting->value,
              setting->is_list ? " or a list" : ""
          )
      );
    }
    values.emplace(key.str(), std::move(*words));
  }
  return values;
}

}  // namespace martlet
