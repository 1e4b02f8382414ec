#include "formats/tokenizer_json.h"

#include <boost/json/array.hpp>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/tokenizer_json_parts.h"

namespace martlet {
namespace {

namespace bj = boost::json;
using tokenizer_json::kIdRange;

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

Status check_version(const bj::object& root, std::string_view where) {
  JsonReader reader(root, where);
  std::string version = "1.0";
  reader.get("version", version);
  if (version != "1.0") reader.reject("version", in_quotes(version), "\"1.0\"");
  return reader.status();
}

}  // namespace

Result<TokenizerConfig> parse_tokenizer_json(std::string_view json, std::string_view where) {
  using namespace tokenizer_json;
  const auto root = parse_json_object(json, where);
  if (!root) return root.status();
  TokenizerConfig config;
  MARTLET_RETURN_IF_ERROR(check_version(*root, where));
  MARTLET_RETURN_IF_ERROR(parse_model(*root, where, config.model));
  MARTLET_RETURN_IF_ERROR(parse_added_tokens(*root, where, config.added_tokens));
  MARTLET_RETURN_IF_ERROR(parse_normalizer(*root, where, config.normalizer));
  MARTLET_RETURN_IF_ERROR(parse_pre_tokenizer(*root, where, config.pre_tokenizer));
  MARTLET_RETURN_IF_ERROR(parse_post_processor(*root, where, config.post_processor));
  MARTLET_RETURN_IF_ERROR(parse_decoder(*root, where, config.decoder));
  return config;
}

}  // namespace martlet
