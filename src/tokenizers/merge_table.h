// Which pairs of tokens BPE joins, how early, and into what: a hash table.
#pragma once

#include <cstdint>
#include <vector>

namespace martlet {

struct Merge {
  int32_t rank = 0;  // lower ones are made first
  int32_t id = 0;    // of the joined token
};

class MergeTable {
 public:
  /// Makes room for `merges` insertions.
  explicit MergeTable(std::size_t merges = 0);

  /// Of a pair that comes twice the last merge counts.
  void insert(int32_t left, int32_t right, Merge merge);

  /// nullptr when the pair is not joined.
  [[nodiscard]] const Merge* find(int32_t left, int32_t right) const noexcept {
    const Entry& entry = entries_[slot_of(key_of(left, right))];
    return entry.key == kFree ? nullptr : &entry.merge;
  }

 private:
  static constexpr uint64_t kFree = ~uint64_t{0};  // no pair of ids (>= 0) is this

  struct Entry {
    uint64_t key = kFree;
    Merge merge;
  };

  static uint64_t key_of(int32_t left, int32_t right) noexcept {
    return uint64_t(uint32_t(left)) << 32 | uint32_t(right);
  }

  /// The key's slot, or the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(uint64_t key) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t slot = (key * 0x9E3779B97F4A7C15ULL >> 32) & mask;
    while (entries_[slot].key != kFree && entries_[slot].key != key) slot = (slot + 1) & mask;
    return slot;
  }

  std::vector<Entry> entries_;  // open addressing, a power of two, at most half full
};

}  // namespace martlet
