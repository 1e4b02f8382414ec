// Unigram: of all ways to spell a word in tokens, the one whose scores sum up highest.
//
// One pass from left to right, which keeps for every position the best spelling that ends there:
// linear in the length of the word times the longest token.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/tokenizer_json.h"
#include "martlet/status.h"
#include "tokenizers/byte_tokens.h"
#include "tokenizers/chars.h"
#include "tokenizers/vocabulary.h"

namespace martlet {

class Unigram {
 public:
  /// The best spelling that ends at a position of the word.
  struct Best {
    double score = 0;
    int32_t id = 0;      // of its last token
    int32_t begin = -1;  // where that begins; -1: nothing ends here
  };
  /// A part of a word that one token, or none, spells.
  struct Part {
    int32_t id = 0;
    int32_t begin = 0;
    int32_t end = 0;
  };
  /// Working memory. For one thread.
  struct Scratch {
    std::vector<Best> best;
    std::vector<Part> parts;
    /// What no token spells, where the model has no unknown token: the text has no tokens then.
    std::optional<char32_t> unspelled;
  };

  /// kInvalidModel when the vocabulary is contradictory.
  static Result<Unigram> build(const UnigramConfig& config, std::string_view where);

  /// Appends the tokens of `word`, which is not empty; or sets scratch.unspelled.
  void tokenize(std::span<const Char> word, Scratch& scratch, std::vector<Token>& tokens) const;

  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }

 private:
  static constexpr int32_t kNoUnknown = -1;

  void find_best(std::span<const Char> word, Scratch& scratch) const;
  void collect_parts(const std::vector<Best>& best, std::vector<Part>& parts) const;
  void push_unknown(std::span<const Char> part, std::vector<Token>& tokens) const;

  Vocabulary vocabulary_;
  std::vector<double> scores_;  // [ids]
  double unk_score_ = 0;
  int32_t unk_id_ = kNoUnknown;
  bool byte_fallback_ = false;
  ByteTokens byte_tokens_;
};

}  // namespace martlet
