// Short words as two machine words, and hash tables of them: what the fast path looks words up in.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace martlet {

/// A word of at most kMaxSize bytes, none of them 0, padded with zeros.
struct WordKey {
  static constexpr std::size_t kMaxSize = 16;

  uint64_t low = 0;
  uint64_t high = 0;

  /// The word of `size` (1 to kMaxSize) bytes at `bytes`; kMaxSize bytes must be readable there.
  static WordKey read(const char* bytes, std::size_t size) noexcept {
    static_assert(std::endian::native == std::endian::little);
    WordKey key;
    std::memcpy(&key.low, bytes, 8);
    std::memcpy(&key.high, bytes + 8, 8);
    if (size <= 8) {
      key.low &= ~uint64_t{0} >> (64 - 8 * size);
      key.high = 0;
    } else {
      key.high &= ~uint64_t{0} >> (128 - 8 * size);
    }
    return key;
  }

  [[nodiscard]] uint64_t hash() const noexcept {
    const uint64_t mixed = (low ^ (high * 0x9E3779B97F4A7C15ULL)) * 0xFF51AFD7ED558CCDULL;
    return mixed ^ mixed >> 32;
  }
  bool operator==(const WordKey&) const = default;
};

/// Words that are one token. Immutable once built.
class WordTable {
 public:
  static constexpr int32_t kNoId = -1;

  /// `words` are the keys with their ids (>= 0), no key twice.
  explicit WordTable(const std::vector<std::pair<WordKey, int32_t>>& words);

  /// The word's id, or kNoId.
  [[nodiscard]] int32_t find(const WordKey& key, uint64_t hash) const noexcept {
    for (std::size_t slot = hash & mask_;; slot = (slot + 1) & mask_) {
      const Entry& entry = entries_[slot];
      if (entry.key == key || entry.id == kNoId) return entry.id;
    }
  }

 private:
  struct Entry {
    WordKey key;
    int32_t id = kNoId;
  };
  std::vector<Entry> entries_;  // a power of two, at most half full
  std::size_t mask_ = 0;
};

/// Words that are several tokens, as they come along: a fixed number of places, the last word that
/// hashes to a place has it. For one thread.
class WordCache {
 public:
  static constexpr std::size_t kMaxIds = 11;  // so that an entry is one cache line

  WordCache() : entries_(kPlaces) {}

  /// The word's ids; empty when it is not here.
  [[nodiscard]] std::span<const int32_t> find(const WordKey& key, uint64_t hash) const noexcept {
    const Entry& entry = entries_[hash % kPlaces];
    if (entry.key != key) return {};
    return {entry.ids.data(), entry.size};
  }

  /// Does nothing when `ids` are more than kMaxIds.
  void store(const WordKey& key, uint64_t hash, std::span<const int32_t> ids) noexcept;

 private:
  static constexpr std::size_t kPlaces = 4096;

  struct alignas(64) Entry {
    WordKey key;
    uint32_t size = 0;
    std::array<int32_t, kMaxIds> ids{};
  };
  std::vector<Entry> entries_;
};

}  // namespace martlet
