#include "tokenizers/vocabulary.h"

#include <algorithm>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {

Result<Vocabulary> Vocabulary::build(
    const std::vector<std::pair<std::string, int32_t>>& tokens, std::string_view where, Repeats kept
) {
  Vocabulary vocabulary;
  vocabulary.trie_.reserve(tokens.size() * 3);
  bool repeats = false;
  for (const auto& [token, id] : tokens) {
    repeats |= vocabulary.trie_.insert(token, id) != Trie::kNoValue;
  }
  for (const auto& [token, id] : tokens) {
    if (repeats && kept == Repeats::kLast && vocabulary.trie_.find(token) != id)
      continue;  // it comes again
    vocabulary.entries_.push_back({id, vocabulary.text_.size(), token.size()});
    vocabulary.text_ += token;
  }
  const auto by_id = [](const Entry& a, const Entry& b) { return a.id < b.id; };
  if (!std::is_sorted(vocabulary.entries_.begin(), vocabulary.entries_.end(), by_id)) {
    std::sort(vocabulary.entries_.begin(), vocabulary.entries_.end(), by_id);
  }
  const auto same_id = [](const Entry& a, const Entry& b) { return a.id == b.id; };
  const auto twice =
      std::adjacent_find(vocabulary.entries_.begin(), vocabulary.entries_.end(), same_id);
  if (twice != vocabulary.entries_.end()) {
    return error(
        StatusCode::kInvalidModel, where,
        "vocabulary, got the id {} for both {} and {}, expected one token per id", twice->id,
        in_quotes(vocabulary.token(*twice)), in_quotes(vocabulary.token(twice[1]))
    );
  }
  return vocabulary;
}

std::optional<int32_t> Vocabulary::find(std::string_view token) const noexcept {
  const int32_t id = trie_.find(token);
  return id == Trie::kNoValue ? std::nullopt : std::optional(id);
}

std::string_view Vocabulary::token(int32_t id) const noexcept {
  const auto entry =
      std::lower_bound(entries_.begin(), entries_.end(), id, [](const Entry& e, int32_t value) {
        return e.id < value;
      });
  return entry != entries_.end() && entry->id == id ? token(*entry) : std::string_view();
}

}  // namespace martlet
