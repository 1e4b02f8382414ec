#include "tokenizers/text_normalizer.h"

#include <algorithm>

#include "tokenizers/charsmap.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

void strip(const StripConfig& config, Chars& chars) {
  const auto is_space = [](const Char& c) { return unicode::has(c.code, unicode::kSpace); };
  if (config.right) {
    chars.erase(std::find_if_not(chars.rbegin(), chars.rend(), is_space).base(), chars.end());
  }
  if (config.left) {
    chars.erase(chars.begin(), std::find_if_not(chars.begin(), chars.end(), is_space));
  }
}

void append_codes(std::string_view text, int32_t source, Chars& out) {
  for (std::size_t position = 0; position < text.size();) {
    out.push_back({unicode::read_utf8(text, position), source});
  }
}

/// Length of `pattern` at `position` of `chars`; 0 when it is not there.
std::size_t match_at(const Chars& chars, std::size_t position, std::string_view pattern) {
  std::size_t i = position;
  for (std::size_t read = 0; read < pattern.size(); ++i) {
    if (i == chars.size() || chars[i].code != unicode::read_utf8(pattern, read)) return 0;
  }
  return i - position;
}

/// Two code points or more that `is_space` holds for, as many as there are.
template <class IsSpace>
std::size_t match_run(const Chars& chars, std::size_t position, const IsSpace& is_space) {
  std::size_t end = position;
  while (end < chars.size() && is_space(chars[end].code)) ++end;
  return end - position >= 2 ? end - position : 0;
}

std::size_t match_blanks(const Chars& chars, std::size_t position) {
  const auto is_space = [](char32_t code) { return unicode::has(code, unicode::kSpace); };
  if (const std::size_t run = match_run(chars, position, is_space); run > 0) return run;
  const char32_t code = chars[position].code;
  return code == '\n' || code == '\r' || code == '\t' ? 1 : 0;
}

std::size_t match(const ReplaceConfig& config, const Chars& chars, std::size_t position) {
  switch (config.what) {
    case ReplaceConfig::What::kText:
      return match_at(chars, position, config.pattern);
    case ReplaceConfig::What::kSpaces:
      return match_run(chars, position, [](char32_t code) { return code == ' '; });
    case ReplaceConfig::What::kBlanks:
      return match_blanks(chars, position);
  }
  return 0;
}

/// What is put in has the source of the last code point it replaces, as in the library.
void replace(const ReplaceConfig& config, Chars& chars, Chars& spare) {
  spare.clear();
  for (std::size_t i = 0; i < chars.size();) {
    const std::size_t length = match(config, chars, i);
    if (length == 0) {
      spare.push_back(chars[i++]);
      continue;
    }
    i += length;
    append_codes(config.content, chars[i - 1].source, spare);
  }
  chars.swap(spare);
}

void prepend(const PrependConfig& config, Chars& chars, Chars& spare) {
  if (chars.empty()) return;
  spare.clear();
  append_codes(config.text, chars.front().source, spare);
  spare.insert(spare.end(), chars.begin(), chars.end());
  chars.swap(spare);
}

struct Apply {
  Chars& chars;
  Chars& spare;

  void operator()(const BertNormalizerConfig& config) const {
    BertNormalizer(config).normalize(chars, spare);
  }
  void operator()(UnicodeForm form) const { to_form(form, chars, spare); }
  void operator()(const LowercaseConfig&) const { lowercase(chars, spare); }
  void operator()(const StripAccentsConfig&) const {
    std::erase_if(chars, [](const Char& c) { return unicode::has(c.code, unicode::kCombining); });
  }
  void operator()(const StripConfig& config) const { strip(config, chars); }
  void operator()(const ReplaceConfig& config) const { replace(config, chars, spare); }
  void operator()(const PrependConfig& config) const { prepend(config, chars, spare); }
  void operator()(const CharsmapConfig& config) const { apply_charsmap(config, chars, spare); }
};

}  // namespace

void TextNormalizer::normalize(Chars& chars, Chars& spare) const {
  for (const NormalizerStep& step : steps_) std::visit(Apply{chars, spare}, step);
}

std::string TextNormalizer::normalize(std::string_view text) const {
  Chars chars;
  Chars spare;
  std::vector<int32_t> byte_begin;
  read_chars(text, chars, byte_begin);
  normalize(chars, spare);
  std::string out;
  for (const Char& c : chars) unicode::append_utf8(c.code, out);
  return out;
}

const BertNormalizerConfig* TextNormalizer::bert() const noexcept {
  return steps_.size() == 1 ? std::get_if<BertNormalizerConfig>(&steps_[0]) : nullptr;
}

}  // namespace martlet
