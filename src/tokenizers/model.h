// What spells words in tokens: WordPiece, BPE or Unigram.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "formats/tokenizer_json.h"
#include "martlet/status.h"
#include "tokenizers/bpe.h"
#include "tokenizers/chars.h"
#include "tokenizers/unigram.h"
#include "tokenizers/wordpiece.h"

namespace martlet {

class Model {
 public:
  /// Working memory. For one thread.
  struct Scratch {
    Bpe::Scratch bpe;
    Unigram::Scratch unigram;
  };

  static Result<Model> build(const ModelConfig& config, std::string_view where);

  /// Appends the tokens of `word`, which is not empty.
  void tokenize(std::span<const Char> word, Scratch& scratch, std::vector<Token>& tokens) const;

  [[nodiscard]] const Vocabulary& vocabulary() const noexcept;
  /// nullptr when the model is another.
  [[nodiscard]] const WordPiece* word_piece() const noexcept {
    return std::get_if<WordPiece>(&model_);
  }

 private:
  using AnyModel = std::variant<WordPiece, Bpe, Unigram>;
  explicit Model(AnyModel model) : model_(std::move(model)) {}

  AnyModel model_;
};

}  // namespace martlet
