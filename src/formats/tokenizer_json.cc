#include "formats/tokenizer_json.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <unordered_set>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr IntegerRange kIdRange{0, std::numeric_limits<int32_t>::max() - 1};

Status unsupported(
    std::string_view where, std::string_view part, std::string_view got, std::string_view expected
) {
  return error(
      StatusCode::kUnsupported, where, "{} of an unsupported type, got {}, expected {}", part,
      in_quotes(got), expected
  );
}

/// The component `key` of tokenizer.json without the Sequences of one element around it; nullptr
/// when it is null or an empty Sequence. `list` is the name of a Sequence's array.
Result<const bj::object*> find_part(
    const bj::object& root, std::string_view where, std::string_view key, std::string_view list
) {
  JsonReader reader(root, where);
  const bj::object* part = reader.object(key);
  MARTLET_RETURN_IF_ERROR(reader.status());
  while (part != nullptr) {
    JsonReader fields(*part, where, key);
    std::string type;
    fields.require("type");
    fields.get("type", type);
    if (type != "Sequence") {
      MARTLET_RETURN_IF_ERROR(fields.status());
      return part;
    }
    fields.require(list);
    const bj::array* parts = fields.array(list);
    MARTLET_RETURN_IF_ERROR(fields.status());
    if (parts->empty()) return nullptr;
    if (parts->size() > 1) {
      return error(
          StatusCode::kUnsupported, where, "{} is a Sequence, got {} parts, expected one", key,
          parts->size()
      );
    }
    part = parts->front().if_object();
    if (part == nullptr) fields.reject(list, describe(parts->front()), "an object in it");
    MARTLET_RETURN_IF_ERROR(fields.status());
  }
  return nullptr;
}

std::string_view type_of(const bj::object& part) { return part.at("type").get_string(); }

Result<AddedToken> parse_added_token(const bj::object& object, std::string_view where) {
  JsonReader reader(object, where, "added_tokens");
  AddedToken token;
  int32_t id = 0;
  for (const auto key :
       {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"}) {
    reader.require(key);
  }
  reader.get("id", id, kIdRange);
  reader.get("content", token.content);
  reader.get("single_word", token.single_word);
  reader.get("lstrip", token.lstrip);
  reader.get("rstrip", token.rstrip);
  reader.get("normalized", token.normalized);
  reader.get("special", token.special);
  MARTLET_RETURN_IF_ERROR(reader.status());
  return token;
}

Status parse_added_tokens(
    const bj::object& root, std::string_view where, std::vector<AddedToken>& tokens
) {
  JsonReader reader(root, where);
  const bj::array* list = reader.array("added_tokens");
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (list == nullptr) return {};
  for (const bj::value& value : *list) {
    if (!value.is_object()) {
      reader.reject("added_tokens", describe(value), "objects in it");
      return reader.status();
    }
    auto token = parse_added_token(value.get_object(), where);
    if (!token) return token.status();
    tokens.push_back(std::move(*token));
  }
  return {};
}

Status parse_normalizer(
    const bj::object& root, std::string_view where, std::optional<BertNormalizerConfig>& normalizer
) {
  const auto part = find_part(root, where, "normalizer", "normalizers");
  if (!part) return part.status();
  if (*part == nullptr) return {};
  if (type_of(**part) != "BertNormalizer") {
    return unsupported(where, "normalizer", type_of(**part), "BertNormalizer");
  }
  JsonReader reader(**part, where, "normalizer");
  BertNormalizerConfig config;
  for (const auto key : {"clean_text", "handle_chinese_chars", "lowercase"}) reader.require(key);
  reader.get("clean_text", config.clean_text);
  reader.get("handle_chinese_chars", config.handle_chinese_chars);
  reader.get("lowercase", config.lowercase);
  config.strip_accents = config.lowercase;
  reader.get("strip_accents", config.strip_accents);
  MARTLET_RETURN_IF_ERROR(reader.status());
  normalizer = config;
  return {};
}

Status parse_pre_tokenizer(const bj::object& root, std::string_view where, bool& bert) {
  const auto part = find_part(root, where, "pre_tokenizer", "pretokenizers");
  if (!part) return part.status();
  bert = *part != nullptr;
  if (bert && type_of(**part) != "BertPreTokenizer") {
    return unsupported(where, "pre_tokenizer", type_of(**part), "BertPreTokenizer");
  }
  return {};
}

Status parse_vocab(const bj::object& vocab, std::string_view where, WordPieceConfig& config) {
  config.vocab.reserve(vocab.size());
  for (const auto& [token, value] : vocab) {
    const int64_t* id = value.if_int64();
    if (id == nullptr || *id < kIdRange.min || *id > kIdRange.max) {
      return error(
          StatusCode::kInvalidModel, where, "id of the token {}, got {}, expected 0 to {}",
          in_quotes(token), describe(value), kIdRange.max
      );
    }
    config.vocab.emplace_back(token, int32_t(*id));
  }
  return {};
}

/// Files of 2020 have no model type: what has WordPiece's fields is WordPiece.
std::string model_type(const bj::object& model, JsonReader& reader) {
  std::string type =
      model.contains("continuing_subword_prefix") && !model.contains("merges") ? "WordPiece" : "";
  reader.get("type", type);
  if (type.empty()) reader.require("type");
  return type;
}

Status parse_model(const bj::object& root, std::string_view where, WordPieceConfig& config) {
  JsonReader top(root, where);
  top.require("model");
  const bj::object* model = top.object("model");
  MARTLET_RETURN_IF_ERROR(top.status());
  JsonReader reader(*model, where, "model");
  const std::string type = model_type(*model, reader);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (type != "WordPiece") return unsupported(where, "model", type, "WordPiece");

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
  return parse_vocab(*vocab, where, config);
}

/// The pieces of a template, written as the text pieces and special ids that it stands for.
class TemplateParser {
 public:
  TemplateParser(const bj::object& processor, std::string_view where)
      : where_(where), reader_(processor, where, "post_processor") {}

  Status parse(std::string_view key, Template& pieces) {
    reader_.require(key);
    const bj::array* list = reader_.array(key);
    for (std::size_t i = 0; reader_.status().ok() && i < list->size(); ++i) {
      parse_piece(key, (*list)[i], pieces);
    }
    return reader_.status();
  }

 private:
  void parse_piece(std::string_view key, const bj::value& value, Template& pieces) {
    const bj::object* object = value.if_object();
    if (object == nullptr || object->size() != 1 || !object->begin()->value().is_object()) {
      return reader_.reject(key, describe(value), "pieces {\"Sequence\"|\"SpecialToken\": {...}}");
    }
    const std::string_view kind = object->begin()->key();
    JsonReader fields(object->begin()->value().get_object(), where_, "post_processor");
    TemplatePiece piece;
    std::string id;
    fields.require("id");
    fields.require("type_id");
    fields.get("id", id);
    fields.get("type_id", piece.type_id, {.min = 0});
    if (!fields.status().ok()) return reader_.reject(key, "a malformed piece", "id and type_id");
    if (kind == "SpecialToken") {
      piece.kind = TemplatePiece::Kind::kSpecial;
      parse_special(id, piece.ids);
    } else if (kind == "Sequence" && id == "A") {
      piece.kind = TemplatePiece::Kind::kFirst;
    } else if (kind == "Sequence" && id == "B" && key == "pair") {
      piece.kind = TemplatePiece::Kind::kSecond;
    } else {
      return reader_.reject(
          key, fmt::format("{} {}", in_quotes(kind), in_quotes(id)), "a text or a special token"
      );
    }
    pieces.push_back(std::move(piece));
  }

  void parse_special(const std::string& id, std::vector<int32_t>& ids) {
    reader_.require("special_tokens");
    const bj::object* tokens = reader_.object("special_tokens");
    if (tokens == nullptr) return;
    const bj::value* token = tokens->if_contains(id);
    const bj::value* list =
        token != nullptr && token->is_object() ? token->get_object().if_contains("ids") : nullptr;
    if (list == nullptr || !list->is_array()) {
      return reader_.reject(
          "special_tokens", "no ids of " + in_quotes(id), "them, the template uses it"
      );
    }
    for (const bj::value& value : list->get_array()) {
      const int64_t* number = value.if_int64();
      if (number == nullptr || *number < kIdRange.min || *number > kIdRange.max) {
        return reader_.reject("special_tokens", describe(value), "token ids");
      }
      ids.push_back(int32_t(*number));
    }
  }

  std::string_view where_;
  JsonReader reader_;
};

/// What BertProcessing does, as templates: [CLS] A [SEP] and [CLS] A [SEP] B [SEP].
Status parse_bert_processing(
    const bj::object& object, std::string_view where, PostProcessorConfig& config
) {
  using Kind = TemplatePiece::Kind;
  JsonReader reader(object, where, "post_processor");
  const auto special = [&](std::string_view key) {
    reader.require(key);
    const bj::array* pair = reader.array(key);
    const int64_t* id = pair != nullptr && pair->size() == 2 ? (*pair)[1].if_int64() : nullptr;
    if (id == nullptr || *id < kIdRange.min || *id > kIdRange.max) {
      reader.reject(key, "something else", "[token, id]");
      return int32_t{0};
    }
    return int32_t(*id);
  };
  const int32_t cls = special("cls");
  const int32_t sep = special("sep");
  config.single = {{Kind::kSpecial, 0, {cls}}, {Kind::kFirst, 0, {}}, {Kind::kSpecial, 0, {sep}}};
  config.pair = config.single;
  config.pair.push_back({Kind::kSecond, 1, {}});
  config.pair.push_back({Kind::kSpecial, 1, {sep}});
  return reader.status();
}

Status parse_post_processor(
    const bj::object& root, std::string_view where, PostProcessorConfig& config
) {
  using Kind = TemplatePiece::Kind;
  const auto part = find_part(root, where, "post_processor", "processors");
  if (!part) return part.status();
  if (*part == nullptr) {
    config.single = {{Kind::kFirst, 0, {}}};
    config.pair = {{Kind::kFirst, 0, {}}, {Kind::kSecond, 1, {}}};
    return {};
  }
  const std::string_view type = type_of(**part);
  if (type == "BertProcessing") return parse_bert_processing(**part, where, config);
  if (type != "TemplateProcessing") {
    return unsupported(where, "post_processor", type, "TemplateProcessing or BertProcessing");
  }
  TemplateParser templates(**part, where);
  MARTLET_RETURN_IF_ERROR(templates.parse("single", config.single));
  return templates.parse("pair", config.pair);
}

Status parse_decoder(
    const bj::object& root, std::string_view where, std::optional<WordPieceDecoderConfig>& decoder
) {
  const auto part = find_part(root, where, "decoder", "decoders");
  if (!part) return part.status();
  if (*part == nullptr) return {};
  if (type_of(**part) != "WordPiece") {
    return unsupported(where, "decoder", type_of(**part), "WordPiece");
  }
  JsonReader reader(**part, where, "decoder");
  WordPieceDecoderConfig config;
  for (const auto key : {"prefix", "cleanup"}) reader.require(key);
  reader.get("prefix", config.prefix);
  reader.get("cleanup", config.cleanup);
  MARTLET_RETURN_IF_ERROR(reader.status());
  decoder = std::move(config);
  return {};
}

Status check_version(const bj::object& root, std::string_view where) {
  JsonReader reader(root, where);
  std::string version = "1.0";
  reader.get("version", version);
  if (version != "1.0") reader.reject("version", in_quotes(version), "\"1.0\"");
  return reader.status();
}

}  // namespace

Result<TokenizerConfig> parse_tokenizer_json(std::string_view json, std::string_view where) {
  const auto root = parse_json_object(json, where);
  if (!root) return root.status();
  TokenizerConfig config;
  MARTLET_RETURN_IF_ERROR(check_version(*root, where));
  MARTLET_RETURN_IF_ERROR(parse_model(*root, where, config.model));
  MARTLET_RETURN_IF_ERROR(parse_added_tokens(*root, where, config.added_tokens));
  MARTLET_RETURN_IF_ERROR(parse_normalizer(*root, where, config.normalizer));
  MARTLET_RETURN_IF_ERROR(parse_pre_tokenizer(*root, where, config.bert_pre_tokenizer));
  MARTLET_RETURN_IF_ERROR(parse_post_processor(*root, where, config.post_processor));
  MARTLET_RETURN_IF_ERROR(parse_decoder(*root, where, config.decoder));
  return config;
}

}  // namespace martlet
