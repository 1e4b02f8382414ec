// Where tokens lie in a word, of tokens whose lengths are known in bytes.
#pragma once

#include <cstdint>
#include <span>

#include "tokenizers/chars.h"
#include "tokenizers/unicode.h"

namespace martlet {

/// Takes a word apart from left to right. A token that has part of a code point covers all of it.
class TokenSpans {
 public:
  explicit TokenSpans(std::span<const Char> word) : word_(word) {}

  /// The token `id` over the next `bytes` (> 0) bytes of the word's UTF-8; it has as many left.
  Token next(int32_t id, uint32_t bytes) noexcept {
    const std::size_t first = position_;
    std::size_t last = first;
    while (bytes > 0) {
      last = position_;
      const uint32_t rest = uint32_t(unicode::utf8_size(word_[position_].code)) - used_;
      if (bytes < rest) {
        used_ += bytes;
        break;
      }
      bytes -= rest;
      used_ = 0;
      ++position_;
    }
    return token_over(id, word_.subspan(first, last - first + 1));
  }

 private:
  std::span<const Char> word_;
  std::size_t position_ = 0;
  uint32_t used_ = 0;  // bytes of the code point at position_
};

}  // namespace martlet
