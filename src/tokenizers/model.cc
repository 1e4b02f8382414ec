#include "tokenizers/model.h"

namespace martlet {
namespace {

void spell(const WordPiece& model, std::span<const Char> word, std::vector<Token>& tokens) {
  const std::size_t first = tokens.size();
  const auto code_at = [&](std::size_t i) { return word[i].code; };
  const auto push = [&](int32_t id, std::size_t begin, std::size_t end) {
    tokens.push_back(token_over(id, word.subspan(begin, end - begin)));
  };
  if (model.spell(word.size(), code_at, push)) return;
  tokens.resize(first);
  tokens.push_back(token_over(model.unk_id(), word));
}

struct Tokenize {
  std::span<const Char> word;
  Model::Scratch& scratch;
  std::vector<Token>& tokens;

  void operator()(const WordPiece& model) const { spell(model, word, tokens); }
  void operator()(const Bpe& model) const { model.tokenize(word, scratch.bpe, tokens); }
  void operator()(const Unigram& model) const { model.tokenize(word, scratch.unigram, tokens); }
};

}  // namespace

Result<Model> Model::build(const ModelConfig& config, std::string_view where) {
  const auto wrap = [](auto model) -> Result<Model> {
    if (!model) return model.status();
    return Model(std::move(*model));
  };
  if (const auto* bpe = std::get_if<BpeConfig>(&config)) return wrap(Bpe::build(*bpe, where));
  if (const auto* unigram = std::get_if<UnigramConfig>(&config))
    return wrap(Unigram::build(*unigram, where));
  return wrap(WordPiece::build(std::get<WordPieceConfig>(config), where));
}

void Model::tokenize(std::span<const Char> word, Scratch& scratch, std::vector<Token>& tokens)
    const {
  std::visit(Tokenize{word, scratch, tokens}, model_);
}

const Vocabulary& Model::vocabulary() const noexcept {
  return std::visit(
      [](const auto& model) -> const Vocabulary& { return model.vocabulary(); }, model_
  );
}

}  // namespace martlet
