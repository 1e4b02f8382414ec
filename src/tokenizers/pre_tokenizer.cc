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

void split_whitespace(std::span<const Char> text, Pieces& out) {
  for (const Char& c : text) {
    if (unicode::has(c.code, unicode::kSpace)) {
      out.end_piece();
    } else {
      out.chars.push_back(c);
    }
  }
  out.end_piece();
}

/// `text` is not empty.
void split_metaspace(const MetaspaceConfig& config, std::span<const Char> text, Pieces& out) {
  using Prepend = MetaspaceConfig::Prepend;
  const Char first = text.front();
  const bool has_space = first.code == ' ' || first.code == config.replacement;
  const bool wants_one = config.prepend == Prepend::kAlways ||
                         (config.prepend == Prepend::kFirst && first.source == 0);
  if (wants_one && !has_space) out.chars.push_back({config.replacement, first.source});
  for (const Char& c : text) {
    const char32_t code = c.code == ' ' ? config.replacement : c.code;
    if (config.split && code == config.replacement) out.end_piece();
    out.chars.push_back({code, c.source});
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
  void operator()(const WhitespaceSplitConfig&) const { split_whitespace(text, out); }
  void operator()(const MetaspaceConfig& config) const { split_metaspace(config, text, out); }
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
