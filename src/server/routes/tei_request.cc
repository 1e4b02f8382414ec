#include "server/routes/tei_request.h"

#include <boost/json/array.hpp>

#include "core/error.h"
#include "server/routes/request_body.h"

namespace martlet {
namespace {

namespace bj = boost::json;

bool is_number_list(const bj::value& value) {
  return value.is_array() && !value.get_array().empty() && value.get_array()[0].is_number();
}

Result<TextInput> read_text_or_ids(const bj::value& value, std::string_view path) {
  if (const bj::string* text = value.if_string()) return TextInput{.text = std::string(*text)};
  if (!value.is_array()) return bad_field(path, value, "a text or a list of token ids");
  auto ids = read_ids(value, path);
  if (!ids) return ids.error();
  return TextInput{.text = {}, .ids = *std::move(ids)};
}

/// "a" | [1, 2] | ["a", "b"] | [[1, 2], [3]]
Status read_embed_inputs(const bj::value& value, TeiRequest& request) {
  request.single = value.is_string() || is_number_list(value);
  if (request.single) {
    auto input = read_text_or_ids(value, "inputs");
    if (!input) return input.error();
    request.inputs.push_back(*std::move(input));
    return {};
  }
  if (!value.is_array()) return bad_field("inputs", value, "a text or a list of texts");
  for (const bj::value& item : value.get_array()) {
    auto input = read_text_or_ids(item, fmt::format("inputs[{}]", request.inputs.size()));
    if (!input) return input.error();
    request.inputs.push_back(*std::move(input));
  }
  return {};
}

/// ["a"] is a text, ["a", "b"] a pair.
Result<TextInput> read_one_or_two(const bj::value& value, std::string_view path) {
  if (const bj::string* text = value.if_string()) return TextInput{.text = std::string(*text)};
  auto texts = read_strings(value, path);
  if (!texts) return texts.error();
  if (texts->empty() || texts->size() > 2) return bad_field(path, value, "one text or a pair");
  TextInput input{.text = std::move((*texts)[0])};
  if (texts->size() == 2) input.pair = std::move((*texts)[1]);
  return input;
}

/// "a" | ["a"] | ["a", "b"]: one input. [["a"], ["a", "b"]]: several.
Status read_predict_inputs(const bj::value& value, TeiRequest& request) {
  const bool several =
      value.is_array() && (value.get_array().empty() || value.get_array()[0].is_array());
  request.single = !several;
  if (!several) {
    auto input = read_one_or_two(value, "inputs");
    if (!input) return input.error();
    request.inputs.push_back(*std::move(input));
    return {};
  }
  for (const bj::value& item : value.get_array()) {
    auto input = read_one_or_two(item, fmt::format("inputs[{}]", request.inputs.size()));
    if (!input) return input.error();
    request.inputs.push_back(*std::move(input));
  }
  return {};
}

Status read_rerank_inputs(const bj::object& body, TeiRequest& request) {
  JsonReader reader = body_reader(body);
  reader.require("query");
  reader.get("query", request.query);
  reader.require("texts");
  MARTLET_RETURN_IF_ERROR(reader.status());
  auto texts = read_strings(*reader.find("texts"), "texts");
  if (!texts) return texts.error();
  request.texts = *std::move(texts);
  return {};
}

Status read_similarity_inputs(const bj::value& value, TeiRequest& request) {
  const bj::object* object = value.if_object();
  if (object == nullptr)
    return bad_field("inputs", value, "an object of source_sentence and sentences");
  JsonReader reader = body_reader(*object, "inputs");
  std::string source;
  reader.require("source_sentence");
  reader.get("source_sentence", source);
  reader.require("sentences");
  MARTLET_RETURN_IF_ERROR(reader.status());
  auto sentences = read_strings(*reader.find("sentences"), "inputs.sentences");
  if (!sentences) return sentences.error();
  if (sentences->empty())
    return bad_field("inputs.sentences", *reader.find("sentences"), "one sentence at least");
  request.inputs.push_back({.text = std::move(source)});
  for (std::string& sentence : *sentences) request.inputs.push_back({.text = std::move(sentence)});
  return {};
}

/// truncate and truncation_direction; a prompt would give other vectors, and there are none.
void read_tei_options(JsonReader& reader, RequestOptions& options) {
  reader.get("truncate", options.truncate);
  std::string side = "Right";
  reader.get("truncation_direction", side);
  const bool left = side == "Left" || side == "left";
  if (!left && side != "Right" && side != "right")
    reader.reject("truncation_direction", in_quotes(side), "Left or Right");
  options.side = left ? TruncationSide::kLeft : TruncationSide::kRight;
  if (reader.find("prompt_name") != nullptr)
    reader.reject(
        "prompt_name", describe(*reader.find("prompt_name")), "none: there are no prompts"
    );
}

Status read_inputs(TeiRoute route, const bj::object& body, TeiRequest& request) {
  if (route == TeiRoute::kRerank) return read_rerank_inputs(body, request);
  JsonReader reader = body_reader(body);
  reader.require("inputs");
  MARTLET_RETURN_IF_ERROR(reader.status());
  const bj::value& inputs = *reader.find("inputs");
  switch (route) {
    case TeiRoute::kPredict:
      return read_predict_inputs(inputs, request);
    case TeiRoute::kSimilarity:
      return read_similarity_inputs(inputs, request);
    default:
      return read_embed_inputs(inputs, request);
  }
}

}  // namespace

Result<TeiRequest> parse_tei_request(TeiRoute route, std::string_view text) {
  const auto body = parse_body_object(text);
  if (!body) return body.error();
  TeiRequest request;
  JsonReader reader = body_reader(*body);
  read_tei_options(reader, request.options);
  bool normalize = true;
  reader.get("normalize", normalize);
  reader.get("dimensions", request.options.dimensions, {.min = 1, .max = 1 << 20});
  reader.get("raw_scores", request.raw_scores);
  reader.get("return_text", request.return_text);
  reader.get("add_special_tokens", request.options.add_special_tokens);
  if (const bj::object* parameters = reader.object("parameters")) {
    request.nested = true;
    JsonReader inner = body_reader(*parameters, "parameters");
    read_tei_options(inner, request.options);
    MARTLET_RETURN_IF_ERROR(inner.status());
  }
  MARTLET_RETURN_IF_ERROR(reader.status());
  MARTLET_RETURN_IF_ERROR(read_inputs(route, *body, request));
  const bool scores = route == TeiRoute::kPredict || route == TeiRoute::kRerank;
  request.options.normalize = normalize || route == TeiRoute::kSimilarity;
  request.options.kind = scores                         ? AnswerKind::kLogits
                         : route == TeiRoute::kEmbedAll ? AnswerKind::kTokens
                                                        : AnswerKind::kEmbedding;
  return request;
}

TeiRoute tei_default_route(std::string_view text, bool embeds) {
  const auto body = parse_body_object(text);
  if (body && body->contains("query")) return TeiRoute::kRerank;
  const bj::value* inputs = body ? body->if_contains("inputs") : nullptr;
  if (inputs != nullptr && inputs->is_object()) return TeiRoute::kSimilarity;
  return embeds ? TeiRoute::kEmbed : TeiRoute::kPredict;
}

Result<TeiDecode> parse_tei_decode(std::string_view text) {
  const auto body = parse_body_object(text);
  if (!body) return body.error();
  TeiDecode decode;
  JsonReader reader = body_reader(*body);
  reader.require("ids");
  reader.get("skip_special_tokens", decode.skip_special_tokens);
  MARTLET_RETURN_IF_ERROR(reader.status());
  const bj::value& value = *reader.find("ids");
  if (is_number_list(value)) {
    auto ids = read_ids(value, "ids");
    if (!ids) return ids.error();
    decode.ids.push_back(*std::move(ids));
    return decode;
  }
  if (!value.is_array()) return bad_field("ids", value, "a list of token ids");
  for (const bj::value& item : value.get_array()) {
    auto ids = read_ids(item, fmt::format("ids[{}]", decode.ids.size()));
    if (!ids) return ids.error();
    decode.ids.push_back(*std::move(ids));
  }
  return decode;
}

}  // namespace martlet
