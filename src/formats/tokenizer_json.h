// tokenizer.json, the Hugging Face `tokenizers` file: what it says, checked and without JSON.
// It knows the parts that martlet has; a file with others is refused as kUnsupported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
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

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };
struct LowercaseConfig {};
/// Removes combining marks; decomposes nothing.
struct StripAccentsConfig {};
struct StripConfig {
  bool left = true;
  bool right = true;
};
struct ReplaceConfig {
  enum class What {
    kText,    // `pattern`
    kSpaces,  // the regex " {2,}"
    kBlanks,  // the regex "\s{2,}|[\n\r\t]"
  };
  What what = What::kText;
  std::string pattern{};  // of kText, not empty
  std::string content;
};
/// Puts `text` before a text that is not empty.
struct PrependConfig {
  std::string text;
};
/// sentencepiece's table of replacements, not trusted beyond its size.
struct CharsmapConfig {
  std::vector<uint32_t> units;  // a double array; values are where replacements begin in `strings`
  std::string strings;          // each ended by a zero byte
};
using NormalizerStep = std::variant<
    BertNormalizerConfig, UnicodeForm, LowercaseConfig, StripAccentsConfig, StripConfig,
    ReplaceConfig, PrependConfig, CharsmapConfig>;

struct BertPreTokenizerConfig {};
/// GPT-2's: words with the space before them, then bytes written as printable code points.
struct ByteLevelConfig {
  bool add_prefix_space = true;
  bool use_regex = true;  // false: the text is one word
};
/// Words are what stands between white space.
struct WhitespaceSplitConfig {};
/// Writes `replacement` for spaces, and before the text too.
struct MetaspaceConfig {
  enum class Prepend { kAlways, kNever, kFirst };  // kFirst: where the input begins, and only there

  char32_t replacement = U'\u2581';
  Prepend prepend = Prepend::kAlways;
  bool split = true;  // into words that begin with it
};
using PreTokenizerStep =
    std::variant<BertPreTokenizerConfig, ByteLevelConfig, WhitespaceSplitConfig, MetaspaceConfig>;

struct WordPieceConfig {
  std::string unk_token;
  std::string continuing_subword_prefix;
  std::size_t max_input_chars_per_word = 100;
  std::vector<std::pair<std::string, int32_t>> vocab;  // ids >= 0; in the file's order
};

struct BpeConfig {
  std::vector<std::pair<std::string, int32_t>> vocab;       // ids >= 0; in the file's order
  std::vector<std::pair<std::string, std::string>> merges;  // the first one is made first
  std::optional<std::string> unk_token;  // without it, what the vocabulary lacks is dropped
  std::string continuing_subword_prefix;
  std::string end_of_word_suffix;
  bool fuse_unk = false;
  bool byte_fallback = false;
  bool ignore_merges = false;  // a word that is a token is that token
};

struct UnigramConfig {
  std::vector<std::pair<std::string, double>> vocab;  // tokens and their scores, by id; not empty
  std::optional<int32_t> unk_id;  // without it, texts that the vocabulary cannot spell are errors
  bool byte_fallback = false;
};

using ModelConfig = std::variant<WordPieceConfig, BpeConfig, UnigramConfig>;

/// One piece of a template: the text A or B, or special tokens.
struct TemplatePiece {
  enum class Kind { kFirst, kSecond, kSpecial };
  Kind kind = Kind::kFirst;
  int32_t type_id = 0;
  std::vector<int32_t> ids;  // of kSpecial
};
using Template = std::vector<TemplatePiece>;

/// Leaves the white space of a token out of its offsets.
struct TrimOffsetsConfig {
  bool add_prefix_space = true;  // one space of the first token is the pre-tokenizer's
};

struct PostProcessorConfig {
  Template single;  // has no kSecond
  Template pair;
  std::optional<TrimOffsetsConfig> trim_offsets;
  bool one_type = false;  // every type id is 0, also where windows have their text's
};

struct WordPieceDecoderConfig {
  std::string prefix;
  bool cleanup = true;
};

struct ByteLevelDecoderConfig {};
/// The replacement of a Metaspace pre-tokenizer becomes a space again, but for the first token's.
using DecoderConfig = std::variant<WordPieceDecoderConfig, ByteLevelDecoderConfig, MetaspaceConfig>;

struct TokenizerConfig {
  std::vector<AddedToken> added_tokens;
  std::vector<NormalizerStep> normalizer;       // one after the other
  std::vector<PreTokenizerStep> pre_tokenizer;  // each splits what the one before left; none: the
                                                // text is one word
  ModelConfig model;
  PostProcessorConfig post_processor;
  std::optional<DecoderConfig> decoder;
};

/// Reads the text of a tokenizer.json. `where` names it in messages. kInvalidModel when it is
/// malformed, kUnsupported when it has parts that martlet does not have.
Result<TokenizerConfig> parse_tokenizer_json(std::string_view json, std::string_view where);

}  // namespace martlet
