// One text to token ids, without special tokens: added tokens, normalizer, words, model.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "formats/tokenizer_json.h"
#include "martlet/status.h"
#include "martlet/tokenizer.h"
#include "tokenizers/added_tokens.h"
#include "tokenizers/ascii_tokenizer.h"
#include "tokenizers/chars.h"
#include "tokenizers/normalizer.h"
#include "tokenizers/wordpiece.h"

namespace martlet {

/// A text's tokens, without special ones. Offsets are empty when they are not asked for.
struct TextTokens {
  std::vector<int32_t> ids;
  std::vector<Offset> char_offsets;
  std::vector<Offset> byte_offsets;

  void clear();
};

struct TextOptions {
  bool offsets = false;
  /// The caller needs no tokens beyond this many; there may be some.
  std::size_t max_tokens = std::numeric_limits<std::size_t>::max();
};

class TextTokenizer {
 public:
  /// Working memory, to be kept between texts. For one thread.
  struct Scratch {
    AsciiTokenizer::Scratch ascii;
    Chars chars;
    Chars part;
    Chars spare;
    std::vector<int32_t> byte_begin;
    std::vector<AddedTokens::Part> raw_parts;
    std::vector<AddedTokens::Part> parts;
    std::vector<Token> tokens;
  };

  static Result<std::unique_ptr<const TextTokenizer>> build(
      const TokenizerConfig& config, std::string_view where
  );
  TextTokenizer(const TextTokenizer&) = delete;
  TextTokenizer& operator=(const TextTokenizer&) = delete;

  /// Replaces `out` with the tokens of `text`. ASCII text of which no offsets are asked goes the
  /// fast path; the ids are the same.
  void tokenize(
      std::string_view text, const TextOptions& options, Scratch& scratch, TextTokens& out
  ) const;

  [[nodiscard]] const AddedTokens& added_tokens() const noexcept { return added_tokens_; }
  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return model_.vocabulary(); }

 private:
  TextTokenizer(
      const TokenizerConfig& config, std::optional<BertNormalizer> normalizer, WordPiece model,
      AddedTokens added_tokens
  );

  void tokenize_chars(Scratch& scratch) const;
  void tokenize_part(std::span<const Char> text, Scratch& scratch) const;
  void tokenize_words(std::span<const Char> text, std::vector<Token>& tokens) const;
  void tokenize_word(std::span<const Char> word, std::vector<Token>& tokens) const;

  std::optional<BertNormalizer> normalizer_;
  AddedTokens added_tokens_;
  bool bert_pre_tokenizer_ = false;
  WordPiece model_;
  std::optional<AsciiTokenizer> ascii_;  // refers to model_ and added_tokens_
};

}  // namespace martlet
