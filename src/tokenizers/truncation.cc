#include "tokenizers/truncation.h"

#include <algorithm>

#include "core/error.h"

namespace martlet {
namespace {

/// Cuts the longer text to what the shorter one leaves; when that is not enough, both to a half.
PairLength truncate_longest(const PairLength& lengths, std::size_t max_tokens) {
  const bool first_is_longer = lengths.first > lengths.second;
  std::size_t shorter = std::min(lengths.first, lengths.second);
  std::size_t longer = shorter > max_tokens ? shorter : std::max(shorter, max_tokens - shorter);
  if (shorter + longer > max_tokens) {
    shorter = max_tokens / 2;
    longer = max_tokens - shorter;
  }
  return first_is_longer ? PairLength{longer, shorter} : PairLength{shorter, longer};
}

}  // namespace

Result<PairLength> truncate(
    const PairLength& lengths, std::size_t max_tokens, Truncation truncation
) {
  const std::size_t total = lengths.first + lengths.second;
  if (total <= max_tokens) return lengths;
  if (max_tokens == 0) return PairLength{};
  if (truncation == Truncation::kLongestFirst) return truncate_longest(lengths, max_tokens);
  const bool cut_first = truncation == Truncation::kOnlyFirst;
  PairLength cut = lengths;
  std::size_t& target = cut_first ? cut.first : cut.second;
  const std::size_t excess = total - max_tokens;
  if (target <= excess) {
    return error(
        StatusCode::kInvalidArgument, "tokenizer",
        "truncation of the {} text only, got {} tokens of it, expected more than the {} to be cut",
        cut_first ? "first" : "second", target, excess
    );
  }
  target -= excess;
  return cut;
}

void make_windows(
    std::size_t length, std::size_t size, std::size_t stride, std::vector<Window>& windows
) {
  windows.clear();
  std::size_t begin = 0;
  while (length - begin > size) {
    windows.push_back({begin, begin + size});
    begin += size - stride;
  }
  windows.push_back({begin, length});
}

}  // namespace martlet
