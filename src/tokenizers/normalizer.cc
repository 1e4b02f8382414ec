#include "tokenizers/normalizer.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "tokenizers/unicode.h"

namespace martlet {
namespace {

using unicode::has;

void clean_text(Chars& chars) {
  std::erase_if(chars, [](const Char& c) { return has(c.code, unicode::kControl); });
  for (Char& c : chars) {
    if (has(c.code, unicode::kSpace)) c.code = ' ';
  }
}

void space_ideographs(Chars& chars, Chars& spare) {
  spare.clear();
  for (const Char& c : chars) {
    if (has(c.code, unicode::kIdeograph)) {
      spare.insert(spare.end(), {{' ', c.source}, c, {' ', c.source}});
    } else {
      spare.push_back(c);
    }
  }
  chars.swap(spare);
}

/// What marks, and code points that decompose() changes or moves, have in their records.
constexpr uint32_t kAccented = 0xFF00 | unicode::kMark | unicode::kDecomposes;

void strip_accents(Chars& chars, Chars& spare) {
  decompose(chars, spare);
  std::erase_if(chars, [](const Char& c) { return has(c.code, unicode::kMark); });
}

std::size_t combining_class(const Char& c) noexcept { return unicode::combining_class(c.code); }

/// Sorts marks by combining class, stably and in linear time. `copy` is working memory.
void sort_by_class(std::span<Char> marks, Chars& copy) {
  std::array<std::size_t, 257> place{};  // of the next mark of each class
  for (const Char& c : marks) ++place[combining_class(c) + 1];
  std::partial_sum(place.begin(), place.end(), place.begin());
  copy.assign(marks.begin(), marks.end());
  for (const Char& c : copy) marks[place[combining_class(c)]++] = c;
}

/// Puts every run of marks (combining class above 0) in the order of their classes.
void order_marks(Chars& chars) {
  const auto is_mark = [](const Char& c) { return combining_class(c) != 0; };
  const auto precedes = [](const Char& a, const Char& b) {
    return combining_class(a) < combining_class(b);
  };
  Chars copy;
  for (auto run = chars.begin(); run != chars.end();) {
    run = std::find_if(run, chars.end(), is_mark);
    const auto end = std::find_if_not(run, chars.end(), is_mark);
    if (!std::is_sorted(run, end, precedes)) sort_by_class({run, end}, copy);
    run = end;
  }
}

// While a text is in parts, `source` says how many input code points a part stands for: 1 for the
// first part of each, 0 for its other ones, and their sum for what was composed.

void push_parts(std::u32string_view parts, Chars& out) {
  for (std::size_t i = 0; i < parts.size(); ++i) out.push_back({parts[i], i == 0 ? 1 : 0});
}

enum class Decomposition { kCanonical, kCompatibility };

void decompose_parts(const Chars& chars, Decomposition kind, Chars& parts) {
  parts.clear();
  std::array<char32_t, 3> buffer{};
  for (const Char& c : chars) {
    if (kind == Decomposition::kCompatibility && has(c.code, unicode::kCompatibility)) {
      push_parts(unicode::decompose_compatibility(c.code), parts);
    } else if (has(c.code, unicode::kDecomposes)) {
      push_parts(unicode::decompose(c.code, buffer), parts);
    } else {
      parts.push_back({c.code, 1});
    }
  }
  order_marks(parts);
}

/// Joins each starter (combining class 0) with the marks after it that Unicode composes it with,
/// in place.
void compose_parts(Chars& parts) {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t starter = kNone;
  std::size_t size = 0;  // of the result
  std::size_t last_class = 0;
  for (const Char part : parts) {
    const std::size_t mark_class = combining_class(part);
    const bool reaches = starter != kNone && (size == starter + 1 || last_class < mark_class);
    if (const char32_t whole = reaches ? unicode::compose(parts[starter].code, part.code) : 0) {
      parts[starter].code = whole;
      parts[starter].source += part.source;
      continue;
    }
    if (mark_class == 0) starter = size;
    last_class = mark_class;
    parts[size++] = part;
  }
  parts.resize(size);
}

/// Puts the parts in place of `chars` and gives them their sources.
void take_parts(Chars& chars, Chars& parts) {
  std::size_t consumed = 0;
  for (Char& part : parts) {
    const auto count = std::size_t(part.source);
    const std::size_t source = count > 0 || consumed == 0 ? consumed : consumed - 1;
    part.source = chars[source].source;
    consumed += count;
  }
  chars.swap(parts);
}

}  // namespace

void lowercase(Chars& chars, Chars& spare) {
  spare.clear();
  for (const Char& c : chars) {
    if (has(c.code, unicode::kLower)) {
      for (const char32_t code : unicode::to_lower(c.code)) spare.push_back({code, c.source});
    } else {
      spare.push_back(c);
    }
  }
  chars.swap(spare);
}

void decompose(Chars& chars, Chars& spare) { to_form(UnicodeForm::kNfd, chars, spare); }

void to_form(UnicodeForm form, Chars& chars, Chars& spare) {
  const bool is_compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  decompose_parts(
      chars, is_compatible ? Decomposition::kCompatibility : Decomposition::kCanonical, spare
  );
  if (form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc) compose_parts(spare);
  take_parts(chars, spare);
}

void BertNormalizer::normalize(Chars& chars, Chars& spare) const {
  uint32_t seen = 0;  // what any of the code points has: most texts need few of the steps
  for (const Char& c : chars) seen |= unicode::record(c.code);
  if (config_.clean_text) clean_text(chars);
  if (config_.handle_chinese_chars && seen & unicode::kIdeograph) space_ideographs(chars, spare);
  if (config_.strip_accents && seen & kAccented) {
    strip_accents(chars, spare);
    seen |= unicode::kLower;  // what was decomposed may be upper case now
  }
  if (config_.lowercase && seen & unicode::kLower) lowercase(chars, spare);
}

std::string BertNormalizer::normalize(std::string_view text) const {
  Chars chars;
  Chars spare;
  std::vector<int32_t> byte_begin;
  read_chars(text, chars, byte_begin);
  normalize(chars, spare);
  std::string out;
  for (const Char& c : chars) unicode::append_utf8(c.code, out);
  return out;
}

}  // namespace martlet
