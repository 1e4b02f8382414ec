// The WordPiece decoder: tokens back to text.
#pragma once

#include <string>
#include <string_view>

#include "formats/tokenizer_json.h"

namespace martlet {

class WordPieceDecoder {
 public:
  explicit WordPieceDecoder(WordPieceDecoderConfig config) : config_(std::move(config)) {}

  /// Appends what `token` is in a text: a continuation joins what stands before it, any other token
  /// but the first comes after a space; cleanup then takes spaces off English punctuation.
  void append(std::string_view token, bool is_first, std::string& text) const;

 private:
  WordPieceDecoderConfig config_;
};

}  // namespace martlet
