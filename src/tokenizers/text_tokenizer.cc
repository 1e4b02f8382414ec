#include "tokenizers/text_tokenizer.h"

#include <utility>

#include "tokenizers/pre_tokenizer.h"

namespace martlet {

void TextTokens::clear() {
  ids.clear();
  char_offsets.clear();
  byte_offsets.clear();
}

Result<std::unique_ptr<const TextTokenizer>> TextTokenizer::build(
    const TokenizerConfig& config, std::string_view where
) {
  auto model = WordPiece::build(config.model, where);
  if (!model) return model.status();
  std::optional<BertNormalizer> normalizer;
  if (config.normalizer) normalizer.emplace(*config.normalizer);
  auto added_tokens = AddedTokens::build(
      config.added_tokens, model->vocabulary(), normalizer ? &*normalizer : nullptr, where
  );
  if (!added_tokens) return added_tokens.status();
  return std::unique_ptr<const TextTokenizer>(
      new TextTokenizer(config, normalizer, std::move(*model), std::move(*added_tokens))
  );
}

TextTokenizer::TextTokenizer(
    const TokenizerConfig& config, std::optional<BertNormalizer> normalizer, WordPiece model,
    AddedTokens added_tokens
)
    : normalizer_(normalizer),
      added_tokens_(std::move(added_tokens)),
      bert_pre_tokenizer_(config.bert_pre_tokenizer),
      model_(std::move(model)) {
  if (bert_pre_tokenizer_) {
    ascii_.emplace(model_, added_tokens_, normalizer_ ? &*normalizer_ : nullptr);
  }
}

void TextTokenizer::tokenize(
    std::string_view text, const TextOptions& options, Scratch& scratch, TextTokens& out
) const {
  out.clear();
  if (!options.offsets && ascii_ &&
      ascii_->tokenize(text, options.max_tokens, scratch.ascii, out.ids)) {
    return;
  }
  read_chars(text, scratch.chars, scratch.byte_begin);
  tokenize_chars(scratch);
  for (const Token& token : scratch.tokens) out.ids.push_back(token.id);
  if (!options.offsets) return;
  for (const Token& token : scratch.tokens) {
    out.char_offsets.push_back({token.begin, token.end});
    out.byte_offsets.push_back(
        {scratch.byte_begin[std::size_t(token.begin)], scratch.byte_begin[std::size_t(token.end)]}
    );
  }
}

void TextTokenizer::tokenize_chars(Scratch& scratch) const {
  scratch.tokens.clear();
  scratch.raw_parts.clear();
  added_tokens_.split_raw(scratch.chars, scratch.raw_parts);
  for (const AddedTokens::Part& part : scratch.raw_parts) {
    if (part.id == AddedTokens::kText) {
      tokenize_part(part.chars, scratch);
    } else {
      scratch.tokens.push_back(token_over(part.id, part.chars));
    }
  }
}

void TextTokenizer::tokenize_part(std::span<const Char> text, Scratch& scratch) const {
  scratch.part.assign(text.begin(), text.end());
  if (normalizer_) normalizer_->normalize(scratch.part, scratch.spare);
  scratch.parts.clear();
  added_tokens_.split_normalized(scratch.part, scratch.parts);
  for (const AddedTokens::Part& part : scratch.parts) {
    if (part.id == AddedTokens::kText) {
      tokenize_words(part.chars, scratch.tokens);
    } else {
      scratch.tokens.push_back(token_over(part.id, part.chars));
    }
  }
}

void TextTokenizer::tokenize_words(std::span<const Char> text, std::vector<Token>& tokens) const {
  if (!bert_pre_tokenizer_) return tokenize_word(text, tokens);
  for_each_bert_word(text, [&](std::span<const Char> word) { tokenize_word(word, tokens); });
}

void TextTokenizer::tokenize_word(std::span<const Char> word, std::vector<Token>& tokens) const {
  const std::size_t first = tokens.size();
  const auto code_at = [&](std::size_t i) { return word[i].code; };
  const auto push = [&](int32_t id, std::size_t begin, std::size_t end) {
    tokens.push_back(token_over(id, word.subspan(begin, end - begin)));
  };
  if (model_.spell(word.size(), code_at, push)) return;
  tokens.resize(first);
  tokens.push_back(token_over(model_.unk_id(), word));
}

}  // namespace martlet
