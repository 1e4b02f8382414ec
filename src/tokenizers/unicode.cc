#include "tokenizers/unicode.h"

#include <algorithm>
#include <iterator>

namespace martlet::unicode {
namespace table {
#include "tokenizers/unicode_tables.inc"
}  // namespace table

namespace {

constexpr char32_t kHangulFirst = 0xAC00;
constexpr char32_t kHangulCount = 11172;

std::u32string_view decompose_hangul(char32_t index, std::array<char32_t, 3>& buffer) noexcept {
  const char32_t final = index % 28;
  buffer = {0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + final};
  return {buffer.data(), final == 0 ? std::size_t{2} : std::size_t{3}};
}

/// A leading consonant and a vowel, or a syllable without final and a final consonant.
char32_t compose_hangul(char32_t first, char32_t second) noexcept {
  if (first - 0x1100 < 19 && second - 0x1161 < 21) {
    return kHangulFirst + ((first - 0x1100) * 21 + (second - 0x1161)) * 28;
  }
  const char32_t index = first - kHangulFirst;
  if (index < kHangulCount && index % 28 == 0 && second - 0x11A8 < 27) {
    return first + (second - 0x11A7);
  }
  return 0;
}

template <std::size_t kKeyCount, std::size_t kStartCount, std::size_t kValueCount>
std::u32string_view mapped(
    char32_t code, const char32_t (&keys)[kKeyCount], const uint16_t (&starts)[kStartCount],
    const char32_t (&values)[kValueCount]
) noexcept {
  const auto index = std::lower_bound(std::begin(keys), std::end(keys), code) - std::begin(keys);
  return {values + starts[index], std::size_t(starts[index + 1] - starts[index])};
}

bool is_continuation(std::string_view text, std::size_t position) noexcept {
  return position < text.size() && (uint8_t(text[position]) & 0xC0) == 0x80;
}

/// What the second byte after `lead` must be for the sequence to be neither overlong, a surrogate
/// nor above U+10FFFF.
bool is_second_byte(uint8_t lead, uint8_t second) noexcept {
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return low <= second && second <= high;
}

}  // namespace

std::u32string_view to_lower(char32_t code) noexcept {
  return mapped(code, table::kLowerKeys, table::kLowerStarts, table::kLowerValues);
}

std::u32string_view decompose(char32_t code, std::array<char32_t, 3>& buffer) noexcept {
  if (code - kHangulFirst < kHangulCount) return decompose_hangul(code - kHangulFirst, buffer);
  return mapped(
      code, table::kDecompositionKeys, table::kDecompositionStarts, table::kDecompositionValues
  );
}

std::u32string_view decompose_compatibility(char32_t code) noexcept {
  return mapped(
      code, table::kCompatibilityKeys, table::kCompatibilityStarts, table::kCompatibilityValues
  );
}

char32_t compose(char32_t first, char32_t second) noexcept {
  if (const char32_t syllable = compose_hangul(first, second); syllable != 0) return syllable;
  std::size_t low = 0;
  std::size_t high = std::size(table::kCompositions) / 3;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const char32_t* entry = table::kCompositions + middle * 3;
    if (entry[0] == first && entry[1] == second) return entry[2];
    if (entry[0] < first || (entry[0] == first && entry[1] < second)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 0;
}

char32_t read_utf8(std::string_view text, std::size_t& position) noexcept {
  const auto lead = uint8_t(text[position++]);
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead > 0xF4) return kReplacement;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  if (position >= text.size() || !is_second_byte(lead, uint8_t(text[position])))
    return kReplacement;
  char32_t code = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    if (!is_continuation(text, position)) return kReplacement;
    code = code << 6 | (uint8_t(text[position++]) & 0x3FU);
  }
  return code;
}

void append_utf8(char32_t code, std::string& out) {
  const auto tail = [&](int shift) { out.push_back(char(0x80 | (code >> shift & 0x3F))); };
  if (code < 0x80) {
    out.push_back(char(code));
  } else if (code < 0x800) {
    out.push_back(char(0xC0 | code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out.push_back(char(0xE0 | code >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(char(0xF0 | code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace martlet::unicode
