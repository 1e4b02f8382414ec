#include "tokenizers/wordpiece.h"

#include <utility>

#include "core/error.h"

namespace martlet {

Result<WordPiece> WordPiece::build(const WordPieceConfig& config, std::string_view where) {
  auto vocabulary = Vocabulary::build(config.vocab, where);
  if (!vocabulary) return vocabulary.status();
  const std::optional<int32_t> unk_id = vocabulary->find(config.unk_token);
  if (!unk_id) {
    return error(
        StatusCode::kInvalidModel, where, "vocabulary, got no unknown token, expected \"{}\"",
        config.unk_token
    );
  }
  WordPiece model;
  model.unk_id_ = *unk_id;
  model.max_word_chars_ = config.max_input_chars_per_word;
  model.continuation_ = vocabulary->trie().find_node(config.continuing_subword_prefix);
  model.vocabulary_ = std::move(*vocabulary);
  return model;
}

void WordPiece::tokenize(std::span<const Char> word, std::vector<Token>& tokens) const {
  const std::size_t first = tokens.size();
  std::optional<Trie::Node> start = Trie::kRoot;
  std::size_t begin = 0;
  while (word.size() <= max_word_chars_ && begin < word.size() && start) {
    const Trie::Match match = vocabulary_.trie().longest_match(word.subspan(begin), *start);
    if (match.length == 0) break;
    tokens.push_back(token_over(match.value, word.subspan(begin, match.length)));
    begin += match.length;
    start = continuation_;
  }
  if (begin == word.size()) return;
  tokens.resize(first);
  tokens.push_back(token_over(unk_id_, word));
}

}  // namespace martlet
