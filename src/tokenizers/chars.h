// A text on its way through the tokenizer: code points that remember where they come from.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace martlet {

/// A code point, and which code point of the input it stands for. Along a text `source` never
/// falls.
struct Char {
  char32_t code = 0;
  int32_t source = 0;
};
using Chars = std::vector<Char>;

/// A token: its id and the code points [begin, end) of the input that it covers.
struct Token {
  int32_t id = 0;
  int32_t begin = 0;
  int32_t end = 0;
};

/// Replaces `chars` with the code points of `text`, and `byte_begin` with the byte where each one
/// starts, the text's size last. Invalid UTF-8 becomes U+FFFD (unicode::read_utf8).
void read_chars(std::string_view text, Chars& chars, std::vector<int32_t>& byte_begin);

/// The token `id` over all of `chars`, which is not empty.
inline Token token_over(int32_t id, std::span<const Char> chars) noexcept {
  return {id, chars.front().source, chars.back().source + 1};
}

}  // namespace martlet
