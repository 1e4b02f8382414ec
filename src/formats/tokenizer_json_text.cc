// What stands before the model: the normalizer and the pre-tokenizer.
#include <boost/json/array.hpp>
#include <map>
#include <optional>
#include <string>

#include "core/error.h"
#include "formats/tokenizer_json_parts.h"

namespace martlet::tokenizer_json {
namespace {

namespace bj = boost::json;

/// The code point that a text, valid UTF-8, consists of; nullopt when there are more or none.
std::optional<char32_t> only_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto lead = uint8_t(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() != size) return std::nullopt;
  char32_t code = size == 1 ? lead : lead & (0x7FU >> size);
  for (const char c : text.substr(1)) code = code << 6 | (uint8_t(c) & 0x3FU);
  return code;
}

BertNormalizerConfig read_bert(JsonReader& reader) {
  BertNormalizerConfig config;
  for (const auto key : {"clean_text", "handle_chinese_chars", "lowercase"}) reader.require(key);
  reader.get("clean_text", config.clean_text);
  reader.get("handle_chinese_chars", config.handle_chinese_chars);
  reader.get("lowercase", config.lowercase);
  config.strip_accents = config.lowercase;
  reader.get("strip_accents", config.strip_accents);
  return config;
}

StripConfig read_strip(JsonReader& reader) {
  StripConfig config;
  for (const auto key : {"strip_left", "strip_right"}) reader.require(key);
  reader.get("strip_left", config.left);
  reader.get("strip_right", config.right);
  return config;
}

PrependConfig read_prepend(JsonReader& reader) {
  PrependConfig config;
  reader.require("prepend");
  reader.get("prepend", config.text);
  return config;
}

/// `pattern` is {"String": text}, or one of the {"Regex": text} that martlet has.
ReplaceConfig read_replace(JsonReader& reader) {
  using What = ReplaceConfig::What;
  static const std::map<std::string_view, What> regexes{
      {" {2,}", What::kSpaces}, {R"(\s{2,}|[\n\r\t])", What::kBlanks}
  };
  ReplaceConfig config;
  for (const auto key : {"pattern", "content"}) reader.require(key);
  reader.get("content", config.content);
  const bj::object* pattern = reader.object("pattern");
  if (pattern == nullptr) return config;
  const bj::value* text = pattern->if_contains("String");
  const bj::value* regex = pattern->if_contains("Regex");
  if (text != nullptr && text->is_string() && !text->get_string().empty()) {
    config.pattern = text->get_string();
  } else if (regex != nullptr && regex->is_string() && regexes.contains(regex->get_string())) {
    config.what = regexes.at(regex->get_string());
  } else {
    reader.reject(
        "pattern", describe(*reader.find("pattern")),
        R"(a String, or the Regex " {2,}" or "\s{2,}|[\n\r\t]")"
    );
  }
  return config;
}

Status add_normalizer(
    const bj::object& part, std::string_view where, std::vector<NormalizerStep>& steps
) {
  static const std::map<std::string_view, UnicodeForm> forms{
      {"NFC", UnicodeForm::kNfc},
      {"NFD", UnicodeForm::kNfd},
      {"NFKC", UnicodeForm::kNfkc},
      {"NFKD", UnicodeForm::kNfkd},
  };
  const std::string_view type = type_of(part);
  JsonReader reader(part, where, "normalizer");
  if (const auto form = forms.find(type); form != forms.end()) {
    steps.emplace_back(form->second);
  } else if (type == "BertNormalizer") {
    steps.emplace_back(read_bert(reader));
  } else if (type == "Lowercase") {
    steps.emplace_back(LowercaseConfig{});
  } else if (type == "StripAccents") {
    steps.emplace_back(StripAccentsConfig{});
  } else if (type == "Strip") {
    steps.emplace_back(read_strip(reader));
  } else if (type == "Replace") {
    steps.emplace_back(read_replace(reader));
  } else if (type == "Prepend") {
    steps.emplace_back(read_prepend(reader));
  } else if (type == "Precompiled") {
    steps.emplace_back(read_charsmap(reader));
  } else {
    return unsupported(
        where, "normalizer", type,
        "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend or "
        "Precompiled"
    );
  }
  return reader.status();
}

ByteLevelConfig read_byte_level(JsonReader& reader) {
  ByteLevelConfig config;
  reader.require("add_prefix_space");
  reader.get("add_prefix_space", config.add_prefix_space);
  reader.get("use_regex", config.use_regex);
  return config;
}

Status add_pre_tokenizer(
    const bj::object& part, std::string_view where, std::vector<PreTokenizerStep>& steps
) {
  const std::string_view type = type_of(part);
  JsonReader reader(part, where, "pre_tokenizer");
  if (type == "BertPreTokenizer") {
    steps.emplace_back(BertPreTokenizerConfig{});
  } else if (type == "ByteLevel") {
    steps.emplace_back(read_byte_level(reader));
  } else if (type == "WhitespaceSplit") {
    steps.emplace_back(WhitespaceSplitConfig{});
  } else if (type == "Metaspace") {
    steps.emplace_back(read_metaspace(reader));
  } else {
    return unsupported(
        where, "pre_tokenizer", type, "BertPreTokenizer, ByteLevel, WhitespaceSplit or Metaspace"
    );
  }
  return reader.status();
}

}  // namespace

/// Files before 2024 say add_prefix_space instead of prepend_scheme, or both.
MetaspaceConfig read_metaspace(JsonReader& reader) {
  using Prepend = MetaspaceConfig::Prepend;
  static const std::map<std::string_view, Prepend> schemes{
      {"always", Prepend::kAlways}, {"never", Prepend::kNever}, {"first", Prepend::kFirst}
  };
  MetaspaceConfig config;
  std::string replacement;
  bool prefix = true;
  reader.require("replacement");
  reader.get("replacement", replacement);
  reader.get("split", config.split);
  reader.get("add_prefix_space", prefix);
  std::string scheme = prefix ? "always" : "never";
  reader.get("prepend_scheme", scheme);
  if (!reader.status().ok()) return config;
  const auto code = only_code_point(replacement);
  if (!code) reader.reject("replacement", in_quotes(replacement), "one character");
  const auto found = schemes.find(scheme);
  if (found == schemes.end() || (!prefix && found->second != Prepend::kNever)) {
    reader.reject("prepend_scheme", in_quotes(scheme), "always, first or never");
  }
  if (!reader.status().ok()) return config;
  config.replacement = *code;
  config.prepend = found->second;
  return config;
}

Status parse_normalizer(
    const bj::object& root, std::string_view where, std::vector<NormalizerStep>& steps
) {
  const auto parts = find_parts(root, where, "normalizer", "normalizers");
  if (!parts) return parts.status();
  for (const bj::object* part : *parts) {
    MARTLET_RETURN_IF_ERROR(add_normalizer(*part, where, steps));
  }
  return {};
}

Status parse_pre_tokenizer(
    const bj::object& root, std::string_view where, std::vector<PreTokenizerStep>& steps
) {
  const auto parts = find_parts(root, where, "pre_tokenizer", "pretokenizers");
  if (!parts) return parts.status();
  for (const bj::object* part : *parts) {
    MARTLET_RETURN_IF_ERROR(add_pre_tokenizer(*part, where, steps));
  }
  return {};
}

}  // namespace martlet::tokenizer_json
