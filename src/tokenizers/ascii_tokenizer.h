// The fast path: what the general path makes of ASCII text, many times faster.
//
// The text is lower-cased into a padded buffer, cut into words by a table of byte classes, and each
// word looked up whole: first in the vocabulary, then among the words this thread has spelled
// before. Only a word that is in neither is spelled by WordPiece.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tokenizer_json.h"
#include "tokenizers/added_tokens.h"
#include "tokenizers/word_table.h"
#include "tokenizers/wordpiece.h"

namespace martlet {

class AsciiTokenizer {
 public:
  struct Scratch {
    std::string text;  // normalized, and WordKey::kMaxSize zeros
    WordCache words;
  };

  /// For BertPreTokenizer and, if there is one, `normalizer`. `model` and `added_tokens` must
  /// outlive it.
  AsciiTokenizer(
      const WordPiece& model, const AddedTokens& added_tokens,
      const BertNormalizerConfig* normalizer
  );

  /// Appends the ids of `text`, but stops after a word once there are `max_ids` of them. False,
  /// with `ids` unchanged, when the text must go the general way: it is not ASCII, has control
  /// characters or may have an added token.
  bool tokenize(
      std::string_view text, std::size_t max_ids, Scratch& scratch, std::vector<int32_t>& ids
  ) const;

 private:
  /// Bits of a byte's class. A byte with none is not for this path.
  enum ByteClass : uint8_t {
    kWordByte = 1,
    kSpaceByte = 2,
    kPunctuationByte = 4,
    kMayBeginAdded = 8,  // an added token may begin with it
  };

  [[nodiscard]] uint8_t class_of(char byte) const noexcept { return class_[uint8_t(byte)]; }

  void normalize(std::string_view text, std::string& out) const;
  [[nodiscard]] bool added_token_at(
      std::string_view text, std::string_view normalized, std::size_t position
  ) const;
  /// Whether the byte at `position`, which an added token may begin with, is part of a word.
  [[nodiscard]] bool continues_word(
      std::string_view text, std::string_view normalized, std::size_t position
  ) const;
  /// `word` has WordKey::kMaxSize readable bytes.
  void append_word(std::string_view word, WordCache& cache, std::vector<int32_t>& ids) const;
  void spell(std::string_view word, std::vector<int32_t>& ids) const;

  const WordPiece& model_;
  const AddedTokens& added_tokens_;
  bool lowercase_ = false;
  std::array<uint8_t, 256> class_{};  // of a normalized byte
  std::array<int32_t, 128> punctuation_ids_{};
  WordTable words_;
};

}  // namespace martlet
