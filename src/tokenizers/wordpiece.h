// WordPiece: a word becomes the longest token it starts with, then the longest continuation token
// of the rest, and so on; a word that cannot be spelled so is one unknown token.
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/tokenizer_json.h"
#include "tokenizers/vocabulary.h"

namespace martlet {

class WordPiece {
 public:
  /// kInvalidModel when the vocabulary is contradictory or lacks the unknown token.
  static Result<WordPiece> build(const WordPieceConfig& config, std::string_view where);

  /// Spells the word code_at(0), code_at(1) ... of `size` > 0 code points: calls
  /// piece(id, begin, end) for each token. False when it cannot be spelled; the calls made so far
  /// are then void, and the word is one unk_id(). Linear in `size` times the longest token.
  template <class CodeAt, class Piece>
  bool spell(std::size_t size, CodeAt code_at, Piece piece) const {
    if (size > max_word_chars_) return false;
    Trie::Node start = Trie::kRoot;
    for (std::size_t begin = 0; begin < size;) {
      if (start == Trie::kNoNode) return false;
      const auto rest_at = [&](std::size_t i) { return code_at(begin + i); };
      const Trie::Match match = vocabulary_.trie().longest_match(size - begin, rest_at, start);
      if (match.length == 0) return false;
      piece(match.value, begin, begin + match.length);
      begin += match.length;
      start = continuation_;
    }
    return true;
  }

  [[nodiscard]] int32_t unk_id() const noexcept { return unk_id_; }
  /// Longer words are unknown.
  [[nodiscard]] std::size_t max_word_chars() const noexcept { return max_word_chars_; }
  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  int32_t unk_id_ = 0;
  std::size_t max_word_chars_ = 0;
  Trie::Node continuation_ = Trie::kNoNode;  // where tokens with the prefix ("##") begin
};

}  // namespace martlet
