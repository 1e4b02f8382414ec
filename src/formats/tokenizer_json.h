// tokenizer.json, the Hugging Face `tokenizers` file: what it says, checked and without JSON.
// It knows the parts that martlet has; a file with others is refused as kUnsupported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "martlet/status.h"

namespace martlet {

/// A token that is found in the text before the model sees it. Its id in the file is not kept: as
/// in the library, the model's vocabulary decides, and tokens new to it are counted on from there.
struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no word character stands beside it
  bool lstrip = false;       // takes the white space on its left with it
  bool rstrip = false;       // ... on its right
  bool normalized = false;   // its normalized form is looked for in the normalized text
  bool special = false;      // left out of decoded text

  bool operator==(const AddedToken&) const = default;
};

struct BertNormalizerConfig {
  bool clean_text = true;            // drop control characters, make all white space ' '
  bool handle_chinese_chars = true;  // spaces around CJK ideographs
  bool strip_accents = true;         // the file's null is already resolved: as `lowercase`
  bool lowercase = true;
};

struct WordPieceConfig {
  std::string unk_token;
  std::string continuing_subword_prefix;
  std::size_t max_input_chars_per_word = 100;
  std::vector<std::pair<std::string, int32_t>> vocab;  // ids >= 0; in the file's order
};

/// One piece of a template: the text A or B, or special tokens.
struct TemplatePiece {
  enum class Kind { kFirst, kSecond, kSpecial };
  Kind kind = Kind::kFirst;
  int32_t type_id = 0;
  std::vector<int32_t> ids;  // of kSpecial
};
using Template = std::vector<TemplatePiece>;

struct PostProcessorConfig {
  Template single;  // has no kSecond
  Template pair;
};

struct WordPieceDecoderConfig {
  std::string prefix;
  bool cleanup = true;
};

struct TokenizerConfig {
  std::vector<AddedToken> added_tokens;
  std::optional<BertNormalizerConfig> normalizer;
  bool bert_pre_tokenizer = false;  // false: the text is one word
  WordPieceConfig model;
  PostProcessorConfig post_processor;
  std::optional<WordPieceDecoderConfig> decoder;
};

/// Reads the text of a tokenizer.json. `where` names it in messages. kInvalidModel when it is
/// malformed, kUnsupported when it has parts that martlet does not have.
Result<TokenizerConfig> parse_tokenizer_json(std::string_view json, std::string_view where);

}  // namespace martlet
