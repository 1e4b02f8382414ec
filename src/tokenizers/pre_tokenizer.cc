#include "tokenizers/pre_tokenizer.h"

#include "tokenizers/byte_level.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

/// Words are what stands between white space; punctuation marks are words too.
void split_bert(std::span<const Char> text, Pieces& out) {
  for (const Char& c : text) {
    const uint32_t record = unicode::record(c.code);
    const bool is_punctuation = (record & unicode::kPunctuation) != 0;
    if (record & unicode::kSpace || is_punctuation) out.end_piece();
    if (record & unicode::kSpace) continue;
    out.chars.push_back(c);
    if (is_punctuation) out.end_piece();
  }
  out.end_piece();
}

/// Appends what one step makes of one piece.
struct SplitPiece {
  std::span<const Char> text;
  Chars& spare;
  Pieces& out;

  void operator()(const BertPreTokenizerConfig&) const { split_bert(text, out); }
  void operator()(const ByteLevelConfig& config) const {
    byte_level::split(config, text, spare, out);
  }
};

}  // namespace

const Pieces& PreTokenizer::split(std::span<const Char> text, Scratch& scratch) const {
  scratch.pieces.clear();
  scratch.pieces.append(text);
  for (const PreTokenizerStep& step : steps_) {
    scratch.next.clear();
    scratch.pieces.for_each([&](std::span<const Char> piece) {
      std::visit(SplitPiece{piece, scratch.spare, scratch.next}, step);
    });
    std::swap(scratch.pieces, scratch.next);
  }
  return scratch.pieces;
}

bool PreTokenizer::is_bert() const noexcept {
  return steps_.size() == 1 && std::holds_alternative<BertPreTokenizerConfig>(steps_[0]);
}

}  // namespace martlet
