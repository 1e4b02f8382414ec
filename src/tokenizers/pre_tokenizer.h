// Cuts a text into the words that the model spells.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "formats/tokenizer_json.h"
#include "tokenizers/chars.h"
#include "tokenizers/pieces.h"

namespace martlet {

class PreTokenizer {
 public:
  struct Scratch {
    Pieces pieces;
    Pieces next;
    Chars spare;
  };

  explicit PreTokenizer(std::vector<PreTokenizerStep> steps) : steps_(std::move(steps)) {}

  /// The words of `text`, which is not empty, in order; they live in `scratch`.
  const Pieces& split(std::span<const Char> text, Scratch& scratch) const;

  /// Whether words are what BertPreTokenizer makes, which the fast path does too.
  [[nodiscard]] bool is_bert() const noexcept;

 private:
  std::vector<PreTokenizerStep> steps_;  // each splits the pieces of the one before
};

}  // namespace martlet
