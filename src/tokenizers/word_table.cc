#include "tokenizers/word_table.h"

#include <algorithm>

namespace martlet {

WordTable::WordTable(const std::vector<std::pair<WordKey, int32_t>>& words)
    : entries_(std::bit_ceil(words.size() * 2 + 1)), mask_(entries_.size() - 1) {
  for (const auto& [key, id] : words) {
    std::size_t slot = key.hash() & mask_;
    while (entries_[slot].id != kNoId) slot = (slot + 1) & mask_;
    entries_[slot] = {key, id};
  }
}

void WordCache::store(const WordKey& key, uint64_t hash, std::span<const int32_t> ids) noexcept {
  if (ids.size() > kMaxIds) return;
  Entry& entry = entries_[hash % kPlaces];
  entry.key = key;
  entry.size = uint32_t(ids.size());
  std::copy(ids.begin(), ids.end(), entry.ids.begin());
}

}  // namespace martlet
