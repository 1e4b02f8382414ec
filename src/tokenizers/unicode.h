// What Hugging Face `tokenizers` thinks of each code point, and UTF-8 in and out.
//
// Its normalizer, its lower-casing and its regex classes each follow another version of Unicode, so
// the tables are probed from it: docs/adr/0001-unicode-tables.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::unicode {

/// Bits of a code point's record, in the order that tools/make_unicode_tables.py writes them.
enum Property : uint32_t {
  kControl = 1 << 0,         // clean_text removes it: Cc, Cf, Co, NUL and U+FFFD
  kSpace = 1 << 1,           // white space to clean_text, the pre-tokenizer and regex \s
  kPunctuation = 1 << 2,     // a word of its own to the pre-tokenizer
  kMark = 1 << 3,            // a non-spacing mark, which strip_accents removes
  kIdeograph = 1 << 4,       // handle_chinese_chars puts spaces around it
  kWord = 1 << 5,            // regex \w
  kLower = 1 << 6,           // to_lower changes it
  kDecomposes = 1 << 7,      // decompose changes it
  kLetter = 1 << 16,         // regex \p{L} of the byte-level pre-tokenizer
  kNumber = 1 << 17,         // regex \p{N}
  kCombining = 1 << 18,      // the normalizer StripAccents removes it
  kCompatibility = 1 << 19,  // decompose_compatibility changes it otherwise than decompose
  // Of grapheme clusters (graphemes.h):
  kJoins = 1 << 20,       // continues the cluster before it
  kExtends = 1 << 21,     // ... and is no spacing mark and no joiner
  kPrepends = 1 << 22,    // the code point after it continues its cluster
  kBreaks = 1 << 23,      // a cluster of its own: controls, line ends
  kPictograph = 1 << 24,  // a joiner may join it to another one
  kConsonant = 1 << 25,   // a linker may join it to another one
  kLinker = 1 << 26,
};

/// The two-stage table: which block of records a block of code points has, then the record.
namespace table {
inline constexpr int kBlockBits = 7;
extern const uint16_t kBlockOf[];
extern const uint16_t kBlocks[];
extern const uint32_t kRecords[];
}  // namespace table

/// Properties, and the canonical combining class in the second byte. `code` < 0x110000.
inline uint32_t record(char32_t code) noexcept {
  constexpr char32_t kMask = (1U << table::kBlockBits) - 1;
  const std::size_t block = table::kBlockOf[code >> table::kBlockBits];
  return table::kRecords[table::kBlocks[(block << table::kBlockBits) + (code & kMask)]];
}

inline uint8_t combining_class(char32_t code) noexcept { return uint8_t(record(code) >> 8); }

inline bool has(char32_t code, Property property) noexcept { return record(code) & property; }

/// The lower-case form of a code point that has kLower: one or two code points. Static storage.
std::u32string_view to_lower(char32_t code) noexcept;

/// The full canonical decomposition of a code point that has kDecomposes: at most four code points,
/// in static storage or, for Hangul syllables, in `buffer`.
std::u32string_view decompose(char32_t code, std::array<char32_t, 3>& buffer) noexcept;

/// The compatibility decomposition (NFKD) of a code point that has kCompatibility. Static storage.
std::u32string_view decompose_compatibility(char32_t code) noexcept;

/// What NFC makes of `first` followed by `second`; 0 when they stay two.
char32_t compose(char32_t first, char32_t second) noexcept;

inline constexpr char32_t kReplacement = 0xFFFD;

/// Reads the code point at `position` (< text.size()) and moves `position` behind it. Of invalid
/// UTF-8 it reads the maximal invalid part as one U+FFFD, as Python's errors="replace" does.
char32_t read_utf8(std::string_view text, std::size_t& position) noexcept;

void append_utf8(char32_t code, std::string& out);

/// Bytes that append_utf8 appends.
constexpr std::size_t utf8_size(char32_t code) noexcept {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

}  // namespace martlet::unicode
