#include "tokenizers/wordpiece.h"

#include <utility>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {

Result<WordPiece> WordPiece::build(const WordPieceConfig& config, std::string_view where) {
  auto vocabulary = Vocabulary::build(config.vocab, where);
  if (!vocabulary) return vocabulary.status();
  const std::optional<int32_t> unk_id = vocabulary->find(config.unk_token);
  if (!unk_id) {
    return error(
        StatusCode::kInvalidModel, where, "vocabulary, got no unknown token, expected {}",
        in_quotes(config.unk_token)
    );
  }
  WordPiece model;
  model.unk_id_ = *unk_id;
  model.max_word_chars_ = config.max_input_chars_per_word;
  model.continuation_ = vocabulary->trie().find_node(config.continuing_subword_prefix);
  model.vocabulary_ = std::move(*vocabulary);
  return model;
}

}  // namespace martlet
