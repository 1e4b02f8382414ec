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
#include "tokenizers/model.h"
#include "tokenizers/pre_tokenizer.h"
#include "tokenizers/text_normalizer.h"

namespace martlet {

/// White space that a token begins and ends with, in code points.
struct TokenSpaces {
  int32_t leading = 0;
  int32_t trailing = 0;
};

/// A text's tokens, without special ones. All but the ids are empty when offsets are not asked for.
struct TextTokens {
  std::vector<int32_t> ids;
  std::vector<Offset> char_offsets;  // [tokens]
  std::vector<TokenSpaces> spaces;   // [tokens], or empty when offsets are not to be trimmed
  std::vector<int32_t> byte_begin;   // [code points + 1]: where each begins in the text

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
    PreTokenizer::Scratch words;
    Model::Scratch model;
    std::vector<Token> tokens;
    std::vector<TokenSpaces> spaces;  // [tokens], where offsets are trimmed
  };

  static Result<std::unique_ptr<const TextTokenizer>> build(
      const TokenizerConfig& config, std::string_view where
  );
  TextTokenizer(const TextTokenizer&) = delete;
  TextTokenizer& operator=(const TextTokenizer&) = delete;

  /// Replaces `out` with the tokens of `text`. ASCII text of which no offsets are asked goes the
  /// fast path; the ids are the same. kInvalidInput for a text that a model without an unknown
  /// token cannot spell.
  Status tokenize(
      std::string_view text, const TextOptions& options, Scratch& scratch, TextTokens& out
  ) const;

  [[nodiscard]] const AddedTokens& added_tokens() const noexcept { return added_tokens_; }
  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return model_.vocabulary(); }

 private:
  TextTokenizer(
      const TokenizerConfig& config, TextNormalizer normalizer, Model model,
      AddedTokens added_tokens
  );

  void tokenize_chars(Scratch& scratch) const;
  void tokenize_part(std::span<const Char> text, Scratch& scratch) const;
  void push_added(const AddedTokens::Part& part, Scratch& scratch) const;
  void tokenize_words(std::span<const Char> text, Scratch& scratch) const;

  TextNormalizer normalizer_;
  AddedTokens added_tokens_;
  PreTokenizer pre_tokenizer_;
  Model model_;
  bool counts_spaces_ = false;
  std::optional<AsciiTokenizer> ascii_;  // refers to model_ and added_tokens_
};

}  // namespace martlet
