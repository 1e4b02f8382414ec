// The section "model": WordPiece, BPE and Unigram.
#include <algorithm>
#include <boost/json/array.hpp>
#include <string>

#include "core/error.h"
#include "formats/tokenizer_json_parts.h"

namespace martlet::tokenizer_json {
namespace {

namespace bj = boost::json;

using Vocab = std::vector<std::pair<std::string, int32_t>>;

Status parse_vocab(const bj::object& vocab, std::string_view where, Vocab& tokens) {
  tokens.reserve(vocab.size());
  for (const auto& [token, value] : vocab) {
    const int64_t* id = value.if_int64();
    if (id == nullptr || *id < kIdRange.min || *id > kIdRange.max) {
      return error(
          StatusCode::kInvalidModel, where, "id of the token {}, got {}, expected 0 to {}",
          in_quotes(token), describe(value), kIdRange.max
      );
    }
    tokens.emplace_back(token, int32_t(*id));
  }
  return {};
}

/// Files of 2020 have no model type: what has merges is BPE, what has WordPiece's fields WordPiece.
std::string model_type(const bj::object& model, JsonReader& reader) {
  std::string type = model.contains("merges")                      ? "BPE"
                     : model.contains("continuing_subword_prefix") ? "WordPiece"
                                                                   : "";
  reader.get("type", type);
  if (type.empty()) reader.require("type");
  return type;
}

Status parse_word_piece(JsonReader& reader, std::string_view where, WordPieceConfig& config) {
  int64_t max_chars = 0;
  for (const auto key :
       {"unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"}) {
    reader.require(key);
  }
  reader.get("unk_token", config.unk_token);
  reader.get("continuing_subword_prefix", config.continuing_subword_prefix);
  reader.get("max_input_chars_per_word", max_chars, {.min = 0});
  const bj::object* vocab = reader.object("vocab");
  MARTLET_RETURN_IF_ERROR(reader.status());
  config.max_input_chars_per_word = std::size_t(max_chars);
  return parse_vocab(*vocab, where, config.vocab);
}

/// A merge is written "a b", or ["a", "b"] since tokens may have spaces. False when it is neither.
bool read_merge(const bj::value& value, std::pair<std::string, std::string>& merge) {
  if (const bj::array* parts = value.if_array()) {
    if (parts->size() != 2 || !(*parts)[0].is_string() || !(*parts)[1].is_string()) return false;
    merge = {std::string((*parts)[0].get_string()), std::string((*parts)[1].get_string())};
    return true;
  }
  if (!value.is_string()) return false;
  const std::string_view text = value.get_string();
  const std::size_t space = text.find(' ');
  if (space == text.npos || text.find(' ', space + 1) != text.npos) return false;
  merge = {std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
  return true;
}

Status parse_bpe(JsonReader& reader, std::string_view where, BpeConfig& config) {
  for (const auto key : {"vocab", "merges"}) reader.require(key);
  float dropout = 0;
  reader.get("dropout", dropout);
  if (dropout != 0) reader.reject("dropout", "a random tokenizer", "null");
  if (reader.find("unk_token") != nullptr) reader.get("unk_token", config.unk_token.emplace());
  reader.get("continuing_subword_prefix", config.continuing_subword_prefix);
  reader.get("end_of_word_suffix", config.end_of_word_suffix);
  reader.get("fuse_unk", config.fuse_unk);
  reader.get("byte_fallback", config.byte_fallback);
  reader.get("ignore_merges", config.ignore_merges);
  const bj::object* vocab = reader.object("vocab");
  const bj::array* merges = reader.array("merges");
  MARTLET_RETURN_IF_ERROR(reader.status());
  config.merges.resize(merges->size());
  for (std::size_t i = 0; i < merges->size(); ++i) {
    if (read_merge((*merges)[i], config.merges[i])) continue;
    reader.reject("merges", describe((*merges)[i]), "two tokens");
    return reader.status();
  }
  return parse_vocab(*vocab, where, config.vocab);
}

Status parse_unigram(JsonReader& reader, UnigramConfig& config) {
  reader.require("vocab");
  const bj::array* vocab = reader.array("vocab");
  MARTLET_RETURN_IF_ERROR(reader.status());
  const auto count = static_cast<int64_t>(vocab->size());
  if (reader.find("unk_id") != nullptr) {
    const IntegerRange ids{.min = 0, .max = std::min(count - 1, kIdRange.max)};
    reader.get("unk_id", config.unk_id.emplace(), ids);
  }
  reader.get("byte_fallback", config.byte_fallback);
  if (count == 0) reader.reject("vocab", "no tokens", "some");
  MARTLET_RETURN_IF_ERROR(reader.status());
  config.vocab.reserve(vocab->size());
  for (const bj::value& value : *vocab) {
    const bj::array* pair = value.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
        !(*pair)[1].is_number()) {
      reader.reject("vocab", describe(value), "[token, score]");
      return reader.status();
    }
    config.vocab.emplace_back((*pair)[0].get_string(), (*pair)[1].to_number<double>());
  }
  return {};
}

}  // namespace

Status parse_model(const bj::object& root, std::string_view where, ModelConfig& config) {
  JsonReader top(root, where);
  top.require("model");
  const bj::object* model = top.object("model");
  MARTLET_RETURN_IF_ERROR(top.status());
  JsonReader reader(*model, where, "model");
  const std::string type = model_type(*model, reader);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (type == "WordPiece") {
    return parse_word_piece(reader, where, config.emplace<WordPieceConfig>());
  }
  if (type == "BPE") return parse_bpe(reader, where, config.emplace<BpeConfig>());
  if (type == "Unigram") return parse_unigram(reader, config.emplace<UnigramConfig>());
  return unsupported(where, "model", type, "WordPiece, BPE or Unigram");
}

}  // namespace martlet::tokenizer_json
