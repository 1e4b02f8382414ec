// WordPiece: a word becomes the longest token it starts with, then the longest continuation token
// of the rest, and so on; a word that cannot be spelled so is one unknown token.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/tokenizer_json.h"
#include "tokenizers/chars.h"
#include "tokenizers/vocabulary.h"

namespace martlet {

class WordPiece {
 public:
  /// kInvalidModel when the vocabulary is contradictory or lacks the unknown token.
  static Result<WordPiece> build(const WordPieceConfig& config, std::string_view where);

  /// Appends the tokens of `word` (not empty). Linear in the word's length times that of the
  /// longest token.
  void tokenize(std::span<const Char> word, std::vector<Token>& tokens) const;

  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }
  [[nodiscard]] std::size_t max_word_chars() const noexcept { return max_word_chars_; }

 private:
  Vocabulary vocabulary_;
  int32_t unk_id_ = 0;
  std::size_t max_word_chars_ = 0;
  std::optional<Trie::Node> continuation_;  // where tokens with the prefix ("##") begin
};

}  // namespace martlet
