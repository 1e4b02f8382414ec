// Which tokens of a text stay when there are too many, and the windows over the others.
#pragma once

#include <cstddef>
#include <vector>

#include "martlet/tokenizer.h"

namespace martlet {

/// How many tokens of each text stay.
struct PairLength {
  std::size_t first = 0;
  std::size_t second = 0;
  bool operator==(const PairLength&) const = default;
};

/// Cuts `lengths` so that their sum is at most `max_tokens`. kInvalidArgument when the one text
/// that `truncation` may cut is too short for that.
Result<PairLength> truncate(
    const PairLength& lengths, std::size_t max_tokens, Truncation truncation
);

/// Tokens [begin, end) of a text.
struct Window {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Window&) const = default;
};

/// The windows of `size` tokens, each but the first beginning `stride` tokens before the end of the
/// one before, that cover a text of `length` tokens; one window when `length` <= `size`.
/// `stride` < `size`, or the text needs no second window.
void make_windows(
    std::size_t length, std::size_t size, std::size_t stride, std::vector<Window>& windows
);

}  // namespace martlet
