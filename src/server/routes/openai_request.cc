#include "server/routes/openai_request.h"

#include <boost/json/array.hpp>

#include "core/error.h"
#include "server/routes/request_body.h"

namespace martlet {
namespace {

namespace bj = boost::json;

Result<TextInput> read_input(const bj::value& value, std::string_view path) {
  if (const bj::string* text = value.if_string()) return TextInput{.text = std::string(*text)};
  if (!value.is_array()) return bad_field(path, value, "a text or a list of token ids");
  auto ids = read_ids(value, path);
  if (!ids) return ids.error();
  return TextInput{.text = {}, .ids = *std::move(ids)};
}

Status read_inputs(const bj::value& value, std::vector<TextInput>& inputs) {
  const bj::array* list = value.if_array();
  const bool several = list != nullptr && (list->empty() || !(*list)[0].is_number());
  if (!several) {
    auto input = read_input(value, "input");
    if (!input) return input.error();
    inputs.push_back(*std::move(input));
    return {};
  }
  for (const bj::value& item : *list) {
    auto input = read_input(item, fmt::format("input[{}]", inputs.size()));
    if (!input) return input.error();
    inputs.push_back(*std::move(input));
  }
  return {};
}

}  // namespace

Result<OpenAiRequest> parse_openai_request(std::string_view text) {
  const auto body = parse_body_object(text);
  if (!body) return body.error();
  OpenAiRequest request;
  JsonReader reader = body_reader(*body);
  std::string encoding = "float";
  reader.get("model", request.model);
  reader.get("encoding_format", encoding);
  reader.get("dimensions", request.options.dimensions, {.min = 1, .max = 1 << 20});
  reader.require("input");
  if (encoding != "float" && encoding != "base64")
    reader.reject("encoding_format", in_quotes(encoding), "float or base64");
  MARTLET_RETURN_IF_ERROR(reader.status());
  MARTLET_RETURN_IF_ERROR(read_inputs(*reader.find("input"), request.inputs));
  request.base64 = encoding == "base64";
  request.options.kind = AnswerKind::kEmbedding;
  request.options.normalize = true;
  return request;
}

}  // namespace martlet
