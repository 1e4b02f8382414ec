// The pieces that a pre-tokenizer cuts a text into, one after the other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tokenizers/chars.h"

namespace martlet {

struct Pieces {
  Chars chars;
  std::vector<std::size_t> ends;  // [pieces], in chars; no piece is empty

  void clear() {
    chars.clear();
    ends.clear();
  }

  /// Makes a piece of the chars since the last one, if there are any.
  void end_piece() {
    if (chars.size() > (ends.empty() ? 0 : ends.back())) ends.push_back(chars.size());
  }

  void append(std::span<const Char> piece) {
    chars.insert(chars.end(), piece.begin(), piece.end());
    end_piece();
  }

  /// Calls each(std::span<const Char>) for every piece, in order.
  template <class Each>
  void for_each(Each each) const {
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      each(std::span(chars).subspan(begin, end - begin));
      begin = end;
    }
  }
};

}  // namespace martlet
