// What stands behind the model: the post-processor and the decoder.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <span>
#include <string>

#include "core/error.h"
#include "formats/tokenizer_json_parts.h"

namespace martlet::tokenizer_json {
namespace {

namespace bj = boost::json;
using Kind = TemplatePiece::Kind;

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

/// [token, id] as the post-processors of 2019 have it: the id.
int32_t read_special(JsonReader& reader, std::string_view key) {
  reader.require(key);
  const bj::array* pair = reader.array(key);
  const int64_t* id = pair != nullptr && pair->size() == 2 ? (*pair)[1].if_int64() : nullptr;
  if (id == nullptr || *id < kIdRange.min || *id > kIdRange.max) {
    reader.reject(key, "something else", "[token, id]");
    return 0;
  }
  return int32_t(*id);
}

/// What BertProcessing does, as templates: [CLS] A [SEP] and [CLS] A [SEP] B [SEP].
Status parse_bert_processing(JsonReader& reader, PostProcessorConfig& config) {
  const int32_t cls = read_special(reader, "cls");
  const int32_t sep = read_special(reader, "sep");
  config.single = {{Kind::kSpecial, 0, {cls}}, {Kind::kFirst, 0, {}}, {Kind::kSpecial, 0, {sep}}};
  config.pair = config.single;
  config.pair.push_back({Kind::kSecond, 1, {}});
  config.pair.push_back({Kind::kSpecial, 1, {sep}});
  return reader.status();
}

void read_trimming(JsonReader& reader, PostProcessorConfig& config) {
  bool trims = true;
  TrimOffsetsConfig trim;
  reader.get("trim_offsets", trims);
  reader.get("add_prefix_space", trim.add_prefix_space);
  if (trims) config.trim_offsets = trim;
}

/// <s> A </s> and <s> A </s> </s> B </s>, all of one type.
Status parse_roberta_processing(JsonReader& reader, PostProcessorConfig& config) {
  read_trimming(reader, config);
  const int32_t cls = read_special(reader, "cls");
  const int32_t sep = read_special(reader, "sep");
  config.single = {{Kind::kSpecial, 0, {cls}}, {Kind::kFirst, 0, {}}, {Kind::kSpecial, 0, {sep}}};
  config.pair = config.single;
  config.pair.push_back({Kind::kSpecial, 0, {sep}});
  config.pair.push_back({Kind::kSecond, 0, {}});
  config.pair.push_back({Kind::kSpecial, 0, {sep}});
  config.one_type = true;
  return reader.status();
}

Status parse_framing(const bj::object& part, std::string_view where, PostProcessorConfig& config) {
  const std::string_view type = type_of(part);
  JsonReader reader(part, where, "post_processor");
  if (type == "BertProcessing") return parse_bert_processing(reader, config);
  if (type == "RobertaProcessing") return parse_roberta_processing(reader, config);
  if (type != "TemplateProcessing") {
    return unsupported(
        where, "post_processor", type,
        "TemplateProcessing, BertProcessing or RobertaProcessing, maybe after ByteLevel"
    );
  }
  config.single.clear();
  config.pair.clear();
  TemplateParser templates(part, where);
  MARTLET_RETURN_IF_ERROR(templates.parse("single", config.single));
  return templates.parse("pair", config.pair);
}

}  // namespace

Status parse_post_processor(
    const bj::object& root, std::string_view where, PostProcessorConfig& config
) {
  const auto found = find_parts(root, where, "post_processor", "processors");
  if (!found) return found.status();
  std::span<const bj::object* const> parts = *found;
  config.single = {{Kind::kFirst, 0, {}}};
  config.pair = {{Kind::kFirst, 0, {}}, {Kind::kSecond, 1, {}}};
  if (!parts.empty() && type_of(*parts[0]) == "ByteLevel") {
    JsonReader reader(*parts[0], where, "post_processor");
    read_trimming(reader, config);
    MARTLET_RETURN_IF_ERROR(reader.status());
    parts = parts.subspan(1);
  }
  if (parts.empty()) return {};
  if (parts.size() > 1) {
    return error(
        StatusCode::kUnsupported, where,
        "post_processor is a Sequence, got {} parts, expected ByteLevel and one other",
        found->size()
    );
  }
  return parse_framing(*parts[0], where, config);
}

Status parse_decoder(
    const bj::object& root, std::string_view where, std::optional<DecoderConfig>& decoder
) {
  const auto parts = find_parts(root, where, "decoder", "decoders");
  if (!parts) return parts.status();
  if (parts->empty()) return {};
  if (parts->size() > 1) {
    return error(
        StatusCode::kUnsupported, where, "decoder is a Sequence, got {} parts, expected one",
        parts->size()
    );
  }
  const bj::object& part = *parts->front();
  const std::string_view type = type_of(part);
  JsonReader reader(part, where, "decoder");
  if (type == "WordPiece") {
    WordPieceDecoderConfig config;
    for (const auto key : {"prefix", "cleanup"}) reader.require(key);
    reader.get("prefix", config.prefix);
    reader.get("cleanup", config.cleanup);
    decoder = std::move(config);
  } else if (type == "ByteLevel") {
    decoder = ByteLevelDecoderConfig{};
  } else if (type == "Metaspace") {
    decoder = read_metaspace(reader);
  } else {
    return unsupported(where, "decoder", type, "WordPiece, ByteLevel or Metaspace");
  }
  return reader.status();
}

}  // namespace martlet::tokenizer_json
