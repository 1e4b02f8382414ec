#include "tokenizers/ascii_tokenizer.h"

#include <algorithm>
#include <span>

#include "tokenizers/unicode.h"

namespace martlet {
namespace {

std::vector<std::pair<WordKey, int32_t>> short_words(const WordPiece& model) {
  std::vector<std::pair<WordKey, int32_t>> words;
  model.vocabulary().for_each([&](std::string_view token, int32_t id) {
    const std::size_t longest = std::min(WordKey::kMaxSize, model.max_word_chars());
    if (token.empty() || token.size() > longest || token.find('\0') != token.npos) return;
    char padded[WordKey::kMaxSize] = {};
    token.copy(padded, token.size());
    words.emplace_back(WordKey::read(padded, token.size()), id);
  });
  return words;
}

char lower(char c) noexcept { return char(c + (uint8_t(c - 'A') < 26 ? 'a' - 'A' : 0)); }

}  // namespace

AsciiTokenizer::AsciiTokenizer(
    const WordPiece& model, const AddedTokens& added_tokens, const BertNormalizerConfig* normalizer
)
    : model_(model),
      added_tokens_(added_tokens),
      lowercase_(normalizer != nullptr && normalizer->lowercase),
      words_(short_words(model)) {
  for (char32_t c = 1; c < 128; ++c) {
    const uint32_t record = unicode::record(c);
    if (record & unicode::kControl) continue;
    class_[c] = record & unicode::kSpace         ? kSpaceByte
                : record & unicode::kPunctuation ? kPunctuationByte
                                                 : kWordByte;
    const char byte = char(c);
    std::vector<int32_t> ids;
    spell({&byte, 1}, ids);
    punctuation_ids_[c] = ids.front();
  }
  for (char32_t c = 1; c < 128; ++c) {
    const char byte = lowercase_ ? lower(char(c)) : char(c);
    if (added_tokens.one_begins_with(char(c))) class_[uint8_t(byte)] |= kMayBeginAdded;
  }
}

void AsciiTokenizer::normalize(std::string_view text, std::string& out) const {
  out.assign(text);
  if (lowercase_) {
    for (char& c : out) c = lower(c);
  }
  out.append(WordKey::kMaxSize, '\0');
}

bool AsciiTokenizer::tokenize(
    std::string_view text, std::size_t max_ids, Scratch& scratch, std::vector<int32_t>& ids
) const {
  normalize(text, scratch.text);
  const std::string_view normalized = scratch.text;
  const std::size_t first_id = ids.size();
  const auto give_up = [&] {
    ids.resize(first_id);
    return false;
  };
  for (std::size_t i = 0; i < text.size() && ids.size() - first_id < max_ids;) {
    const uint8_t kind = class_of(normalized[i]);
    if (added_token_at(text, normalized, i)) return give_up();
    if (kind & kWordByte) {
      const std::size_t begin = i;
      do {
        ++i;
      } while (class_of(normalized[i]) == kWordByte || continues_word(text, normalized, i));
      // What follows may still change the word: an accent, a control character, an added token.
      const bool ends =
          i == text.size() || class_of(normalized[i]) & (kSpaceByte | kPunctuationByte);
      if (!ends) return give_up();
      append_word(normalized.substr(begin, i - begin), scratch.words, ids);
    } else if (kind & kPunctuationByte) {
      ids.push_back(punctuation_ids_[uint8_t(normalized[i++])]);
    } else if (kind & kSpaceByte) {
      ++i;
    } else {
      return give_up();
    }
  }
  return true;
}

bool AsciiTokenizer::added_token_at(
    std::string_view text, std::string_view normalized, std::size_t position
) const {
  return class_of(normalized[position]) & kMayBeginAdded &&
         added_tokens_.one_begins(text.substr(position), normalized.substr(position));
}

bool AsciiTokenizer::continues_word(
    std::string_view text, std::string_view normalized, std::size_t position
) const {
  return position < text.size() && class_of(normalized[position]) & kWordByte &&
         !added_token_at(text, normalized, position);
}

void AsciiTokenizer::append_word(std::string_view word, WordCache& cache, std::vector<int32_t>& ids)
    const {
  if (word.size() > WordKey::kMaxSize) return spell(word, ids);
  const WordKey key = WordKey::read(word.data(), word.size());
  const uint64_t hash = key.hash();
  const int32_t id = words_.find(key, hash);
  if (id != WordTable::kNoId) return ids.push_back(id);
  const std::span<const int32_t> known = cache.find(key, hash);
  if (!known.empty()) {
    ids.insert(ids.end(), known.begin(), known.end());
    return;
  }
  const std::size_t first_id = ids.size();
  spell(word, ids);
  cache.store(key, hash, std::span(ids).subspan(first_id));
}

void AsciiTokenizer::spell(std::string_view word, std::vector<int32_t>& ids) const {
  const std::size_t first_id = ids.size();
  const auto code_at = [&](std::size_t i) { return char32_t(uint8_t(word[i])); };
  const auto push = [&](int32_t id, std::size_t, std::size_t) { ids.push_back(id); };
  if (model_.spell(word.size(), code_at, push)) return;
  ids.resize(first_id);
  ids.push_back(model_.unk_id());
}

}  // namespace martlet
