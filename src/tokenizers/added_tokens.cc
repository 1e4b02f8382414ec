#include "tokenizers/added_tokens.h"

#include <algorithm>

#include "core/error.h"
#include "formats/json.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

using unicode::has;

bool stands_alone(std::span<const Char> text, std::size_t begin, std::size_t end) {
  return (begin == 0 || !has(text[begin - 1].code, unicode::kWord)) &&
         (end == text.size() || !has(text[end].code, unicode::kWord));
}

/// Where the white space that ends at `end` begins, but not before `limit`.
std::size_t space_before(std::span<const Char> text, std::size_t end, std::size_t limit) {
  if (end <= limit) return limit;
  while (end > limit && has(text[end - 1].code, unicode::kSpace)) --end;
  return end;
}

/// Finds where white space ends. Remembers the last run, so that many tokens in one run of white
/// space take linear time.
class SpaceEnd {
 public:
  std::size_t after(std::span<const Char> text, std::size_t position) {
    if (position >= run_begin_ && position < run_end_) return run_end_;
    run_begin_ = position;
    while (position < text.size() && has(text[position].code, unicode::kSpace)) ++position;
    return run_end_ = position;
  }

 private:
  std::size_t run_begin_ = 0;
  std::size_t run_end_ = 0;
};

}  // namespace

Result<AddedTokens> AddedTokens::build(
    const std::vector<AddedToken>& tokens, const Vocabulary& model,
    const TextNormalizer& normalizer, std::string_view where
) {
  AddedTokens added;
  added.add_entries(tokens, model, normalizer);
  MARTLET_RETURN_IF_ERROR(added.add_patterns(tokens, where));
  return added;
}

void AddedTokens::add_entries(
    const std::vector<AddedToken>& tokens, const Vocabulary& model, const TextNormalizer& normalizer
) {
  auto next_id = int32_t(model.size());
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    std::optional<int32_t> id = find(token.content);
    if (!id) id = model.find(token.content);
    if (!id) id = next_id++;
    ids_[token.content] = *id;
    entries_[*id] = {token, token.normalized ? normalizer.normalize(token.content) : token.content};
    if (token.special) special_.insert(token.content);
    end_id_ = std::max(end_id_, *id + 1);
  }
}

Status AddedTokens::add_patterns(const std::vector<AddedToken>& tokens, std::string_view where) {
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    const int32_t id = ids_.at(token.content);
    const Entry& entry = entries_.at(id);
    if (entry.token != token) continue;  // a later one has its place
    if (entry.decoded.empty()) {
      return error(
          StatusCode::kUnsupported, where,
          "added token {}, got nothing once it is normalized, expected a text to look for",
          in_quotes(token.content)
      );
    }
    Patterns& patterns = token.normalized ? normalized_ : raw_;
    // Two tokens may have one normalized form; the library chooses by chance, martlet the first.
    if (patterns.trie.find(entry.decoded) == Trie::kNoValue) {
      patterns.trie.insert(entry.decoded, id);
    }
    patterns.first_bytes[uint8_t(entry.decoded.front())] = true;
    patterns.empty = false;
  }
  return {};
}

Trie::Match AddedTokens::Patterns::match(std::span<const Char> text) const {
  const char32_t first = text.front().code;
  if (first < first_bytes.size() / 2 && !first_bytes[first]) return {};  // ASCII: soon decided
  return trie.longest_match(text.size(), [&](std::size_t i) { return text[i].code; });
}

void AddedTokens::split(
    std::span<const Char> text, const Patterns& patterns, std::vector<Part>& parts
) const {
  const auto push = [&](std::size_t begin, std::size_t end, int32_t id) {
    if (begin < end) parts.push_back({text.subspan(begin, end - begin), id});
  };
  if (patterns.empty) return push(0, text.size(), kText);
  SpaceEnd space_end;
  std::size_t taken = 0;  // everything before is in a part
  for (std::size_t i = 0; i < text.size();) {
    const Trie::Match match = patterns.match(text.subspan(i));
    if (match.length == 0) {
      ++i;
      continue;
    }
    std::size_t begin = i;
    std::size_t end = i + match.length;
    i = end;
    const AddedToken& token = entries_.at(match.value).token;
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.lstrip) begin = space_before(text, begin, taken);
    if (token.rstrip) end = space_end.after(text, end);
    if (begin >= end) continue;  // all of it went to the token before, with the space on its right
    push(taken, begin, kText);
    push(begin, end, match.value);
    taken = end;
  }
  push(taken, text.size(), kText);
}

bool AddedTokens::one_begins(std::string_view text, std::string_view normalized) const {
  const auto begins = [](const Patterns& patterns, std::string_view bytes) {
    const auto code_at = [&](std::size_t i) { return char32_t(uint8_t(bytes[i])); };
    return patterns.trie.longest_match(bytes.size(), code_at).length > 0;
  };
  return begins(raw_, text) || begins(normalized_, normalized);
}

std::optional<int32_t> AddedTokens::find(std::string_view content) const {
  const auto found = ids_.find(std::string(content));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::string_view AddedTokens::decoded(int32_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? std::string_view() : found->second.decoded;
}

bool AddedTokens::is_special(std::string_view token) const {
  return special_.contains(std::string(token));
}

}  // namespace martlet
