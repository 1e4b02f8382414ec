#include "tokenizers/merge_table.h"

#include <bit>

namespace martlet {

MergeTable::MergeTable(std::size_t merges) : entries_(std::bit_ceil(merges * 2 + 1)) {}

void MergeTable::insert(int32_t left, int32_t right, Merge merge) {
  const uint64_t key = key_of(left, right);
  entries_[slot_of(key)] = {key, merge};
}

}  // namespace martlet
