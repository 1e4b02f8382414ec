#include "tokenizers/byte_level.h"

#include <array>

#include "tokenizers/unicode.h"

namespace martlet::byte_level {
namespace {

struct Alphabet {
  static constexpr std::size_t kCodes = 256 + 68;  // 68 bytes do not print

  std::array<char32_t, 256> code{};
  std::array<int16_t, kCodes> byte{};
};

constexpr bool prints(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr Alphabet make_alphabet() {
  Alphabet alphabet;
  alphabet.byte.fill(-1);
  char32_t next = 256;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char32_t code = prints(byte) ? byte : next++;
    alphabet.code[byte] = code;
    alphabet.byte[code] = int16_t(byte);
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = make_alphabet();

/// Length of 's, 't, 're, 've, 'm, 'll or 'd at the front of `text`; 0 if there is none.
std::size_t contraction(std::span<const Char> text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i].code : char32_t{0}; };
  if (at(0) != '\'') return 0;
  switch (at(1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return at(2) == 'e' ? 3 : 0;
    case 'l':
      return at(2) == 'l' ? 3 : 0;
    default:
      return 0;
  }
}

/// Letters, numbers, white space and the rest never share a word.
uint32_t class_of(const Char& c) {
  return unicode::record(c.code) & (unicode::kLetter | unicode::kNumber | unicode::kSpace);
}

std::size_t run_length(std::span<const Char> text, uint32_t kind) {
  std::size_t length = 0;
  while (length < text.size() && class_of(text[length]) == kind) ++length;
  return length;
}

/// Length of the word at the front of `text`, which is not empty: what the regex
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ matches there.
std::size_t word_length(std::span<const Char> text) {
  if (const std::size_t length = contraction(text); length > 0) return length;
  const std::size_t space = text[0].code == ' ' ? 1 : 0;
  if (space < text.size()) {
    const uint32_t kind = class_of(text[space]);
    if (kind != unicode::kSpace) return space + run_length(text.subspan(space), kind);
  }
  const std::size_t spaces = run_length(text, unicode::kSpace);
  // The last space before a word belongs to the word.
  return spaces == 1 || spaces == text.size() ? spaces : spaces - 1;
}

void append_word(std::span<const Char> word, Pieces& out) {
  std::string bytes;
  for (const Char& c : word) {
    bytes.clear();
    unicode::append_utf8(c.code, bytes);
    for (const char byte : bytes) out.chars.push_back({code_of(uint8_t(byte)), c.source});
  }
  out.end_piece();
}

}  // namespace

char32_t code_of(uint8_t byte) noexcept { return kAlphabet.code[byte]; }

int byte_of(char32_t code) noexcept { return code < Alphabet::kCodes ? kAlphabet.byte[code] : -1; }

void split(const ByteLevelConfig& config, std::span<const Char> text, Chars& spare, Pieces& out) {
  if (config.add_prefix_space && text.front().code != ' ') {
    spare.assign(1, {' ', text.front().source});
    spare.insert(spare.end(), text.begin(), text.end());
    text = spare;
  }
  if (!config.use_regex) return append_word(text, out);
  while (!text.empty()) {
    const std::size_t length = word_length(text);
    append_word(text.first(length), out);
    text = text.subspan(length);
  }
}

void append_bytes(std::string_view token, std::string& bytes) {
  const std::size_t size = bytes.size();
  for (std::size_t position = 0; position < token.size();) {
    const int byte = byte_of(unicode::read_utf8(token, position));
    if (byte < 0) {
      bytes.resize(size);
      bytes += token;
      return;
    }
    bytes.push_back(char(byte));
  }
}

}  // namespace martlet::byte_level
