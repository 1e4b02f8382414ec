#include "tokenizers/text_tokenizer.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "tokenizers/byte_level.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

/// White space as the library trims it: also a space in the byte alphabet.
bool is_trimmed(char32_t code) {
  return code == byte_level::code_of(' ') || unicode::has(code, unicode::kSpace);
}

template <class Codes>
TokenSpaces spaces_of(const Codes& codes) {
  const auto leading = std::find_if_not(codes.begin(), codes.end(), is_trimmed) - codes.begin();
  const auto trailing = std::find_if_not(codes.rbegin(), codes.rend(), is_trimmed) - codes.rbegin();
  return {int32_t(leading), int32_t(trailing)};
}

TokenSpaces spaces_of(std::string_view token) {
  std::u32string codes;
  for (std::size_t position = 0; position < token.size();) {
    codes.push_back(unicode::read_utf8(token, position));
  }
  return spaces_of(codes);
}

}  // namespace

void TextTokens::clear() {
  ids.clear();
  char_offsets.clear();
  spaces.clear();
  byte_begin.clear();
}

Result<std::unique_ptr<const TextTokenizer>> TextTokenizer::build(
    const TokenizerConfig& config, std::string_view where
) {
  auto model = Model::build(config.model, where);
  if (!model) return model.status();
  TextNormalizer normalizer(config.normalizer);
  auto added_tokens =
      AddedTokens::build(config.added_tokens, model->vocabulary(), normalizer, where);
  if (!added_tokens) return added_tokens.status();
  return std::unique_ptr<const TextTokenizer>(
      new TextTokenizer(config, std::move(normalizer), std::move(*model), std::move(*added_tokens))
  );
}

TextTokenizer::TextTokenizer(
    const TokenizerConfig& config, TextNormalizer normalizer, Model model, AddedTokens added_tokens
)
    : normalizer_(std::move(normalizer)),
      added_tokens_(std::move(added_tokens)),
      pre_tokenizer_(config.pre_tokenizer),
      model_(std::move(model)),
      counts_spaces_(config.post_processor.trim_offsets.has_value()) {
  const BertNormalizerConfig* bert = normalizer_.bert();
  if (model_.word_piece() != nullptr && pre_tokenizer_.is_bert() &&
      (bert != nullptr || normalizer_.empty())) {
    ascii_.emplace(*model_.word_piece(), added_tokens_, bert);
  }
}

Status TextTokenizer::tokenize(
    std::string_view text, const TextOptions& options, Scratch& scratch, TextTokens& out
) const {
  out.clear();
  if (!options.offsets && ascii_ &&
      ascii_->tokenize(text, options.max_tokens, scratch.ascii, out.ids)) {
    return {};
  }
  read_chars(text, scratch.chars, scratch.byte_begin);
  scratch.model.unigram.unspelled.reset();
  tokenize_chars(scratch);
  if (const auto code = scratch.model.unigram.unspelled) {
    return error(
        StatusCode::kInvalidInput, "tokenizer",
        "text, got U+{:04X}, which no token spells, expected a tokenizer with an unknown token",
        static_cast<std::uint32_t>(*code)
    );
  }
  for (const Token& token : scratch.tokens) out.ids.push_back(token.id);
  if (!options.offsets) return {};
  for (const Token& token : scratch.tokens) out.char_offsets.push_back({token.begin, token.end});
  out.spaces.swap(scratch.spaces);
  out.byte_begin.swap(scratch.byte_begin);
  return {};
}

void TextTokenizer::tokenize_chars(Scratch& scratch) const {
  scratch.tokens.clear();
  scratch.spaces.clear();
  scratch.raw_parts.clear();
  added_tokens_.split_raw(scratch.chars, scratch.raw_parts);
  for (const AddedTokens::Part& part : scratch.raw_parts) {
    if (part.id == AddedTokens::kText) {
      tokenize_part(part.chars, scratch);
    } else {
      push_added(part, scratch);
    }
  }
}

void TextTokenizer::tokenize_part(std::span<const Char> text, Scratch& scratch) const {
  scratch.part.assign(text.begin(), text.end());
  normalizer_.normalize(scratch.part, scratch.spare);
  scratch.parts.clear();
  added_tokens_.split_normalized(scratch.part, scratch.parts);
  for (const AddedTokens::Part& part : scratch.parts) {
    if (part.id == AddedTokens::kText) {
      tokenize_words(part.chars, scratch);
    } else {
      push_added(part, scratch);
    }
  }
}

void TextTokenizer::push_added(const AddedTokens::Part& part, Scratch& scratch) const {
  scratch.tokens.push_back(token_over(part.id, part.chars));
  if (!counts_spaces_) return;
  std::u32string codes;
  for (const Char& c : part.chars) codes.push_back(c.code);
  scratch.spaces.push_back(spaces_of(codes));
}

void TextTokenizer::tokenize_words(std::span<const Char> text, Scratch& scratch) const {
  const std::size_t first = scratch.tokens.size();
  pre_tokenizer_.split(text, scratch.words).for_each([&](std::span<const Char> word) {
    model_.tokenize(word, scratch.model, scratch.tokens);
  });
  if (!counts_spaces_) return;
  for (std::size_t i = first; i < scratch.tokens.size(); ++i) {
    scratch.spaces.push_back(spaces_of(vocabulary().token(scratch.tokens[i].id)));
  }
}

}  // namespace martlet
