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

/// The records of text that has no marks and that decompose() leaves as it is.
constexpr uint16_t kUnaccented = 0xFF & ~(unicode::kMark | unicode::kDecomposes);

void strip_accents(Chars& chars, Chars& spare) {
  decompose(chars, spare);
  std::erase_if(chars, [](const Char& c) { return has(c.code, unicode::kMark); });
}

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

std::size_t combining_class(const Char& c) noexcept { return unicode::record(c.code) >> 8; }

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

// While a text is decomposed, `source` says whether a code point is the first of what an input code
// point became.
constexpr int32_t kFirstPart = 1;
constexpr int32_t kLaterPart = 0;

void push_parts(std::u32string_view parts, Chars& out) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out.push_back({parts[i], i == 0 ? kFirstPart : kLaterPart});
  }
}

}  // namespace

void decompose(Chars& chars, Chars& spare) {
  spare.clear();
  std::array<char32_t, 3> buffer{};
  for (const Char& c : chars) {
    push_parts(
        has(c.code, unicode::kDecomposes) ? unicode::decompose(c.code, buffer)
                                          : std::u32string_view(&c.code, 1),
        spare
    );
  }
  order_marks(spare);
  std::size_t consumed = 0;
  for (Char& c : spare) {
    if (c.source == kFirstPart) ++consumed;
    c.source = chars[consumed - 1].source;
  }
  chars.swap(spare);
}

void BertNormalizer::normalize(Chars& chars, Chars& spare) const {
  uint16_t seen = 0;  // what any of the code points has: most texts need few of the steps
  for (const Char& c : chars) seen |= unicode::record(c.code);
  if (config_.clean_text) clean_text(chars);
  if (config_.handle_chinese_chars && seen & unicode::kIdeograph) space_ideographs(chars, spare);
  if (config_.strip_accents && seen & ~kUnaccented) {
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
