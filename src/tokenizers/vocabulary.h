// Token strings and their ids, both ways. Ids may have holes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "martlet/status.h"
#include "tokenizers/trie.h"

namespace martlet {

class Vocabulary {
 public:
  /// Of a token that comes twice the last id is found; kAll: the others keep its text.
  enum class Repeats { kLast, kAll };

  /// kInvalidModel when two tokens have one id.
  static Result<Vocabulary> build(
      const std::vector<std::pair<std::string, int32_t>>& tokens, std::string_view where,
      Repeats kept = Repeats::kLast
  );

  [[nodiscard]] std::optional<int32_t> find(std::string_view token) const noexcept;
  /// Empty when there is no such id.
  [[nodiscard]] std::string_view token(int32_t id) const noexcept;

  /// Calls each(token, id) for every token, by id.
  template <class Each>
  void for_each(Each each) const {
    for (const Entry& entry : entries_) each(token(entry), entry.id);
  }

  /// Number of tokens.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Largest id + 1.
  [[nodiscard]] int32_t end_id() const noexcept {
    return entries_.empty() ? 0 : entries_.back().id + 1;
  }
  [[nodiscard]] const Trie& trie() const noexcept { return trie_; }

 private:
  struct Entry {
    int32_t id = 0;
    std::size_t begin = 0;  // in text_
    std::size_t size = 0;
  };

  [[nodiscard]] std::string_view token(const Entry& entry) const noexcept {
    return std::string_view(text_).substr(entry.begin, entry.size);
  }

  Trie trie_;                   // values are ids
  std::vector<Entry> entries_;  // by id
  std::string text_;            // all tokens
};

}  // namespace martlet
