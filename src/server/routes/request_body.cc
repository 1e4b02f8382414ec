#include "server/routes/request_body.h"

#include <boost/json/array.hpp>
#include <limits>

#include "core/error.h"

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr std::string_view kWhere = "body";
constexpr JsonOptions kBodyJson{
    .max_bytes = std::size_t{1} << 31,
    .unique_keys = true,
    .max_parts = std::size_t{1} << 20,
    .code = StatusCode::kInvalidInput,
};
constexpr int64_t kLongestTimeoutMs = int64_t{24} * 3600 * 1000;

std::string element(std::string_view path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

Result<TextInput> read_pair(const bj::array& pair, std::string_view path) {
  if (pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
    return error(
        StatusCode::kInvalidInput, kWhere, "{}: got another list, expected two texts, a pair",
        in_quotes(path)
    );
  }
  return TextInput{
      .text = std::string(pair[0].get_string()), .pair = std::string(pair[1].get_string())
  };
}

Result<TextInput> read_object(const bj::object& object, std::string_view path) {
  JsonReader reader(object, kWhere, path, StatusCode::kInvalidInput);
  TextInput input;
  if (const bj::value* ids = reader.find("ids")) {
    auto read = read_ids(*ids, fmt::format("{}.ids", path));
    if (!read) return read.error();
    input.ids = *std::move(read);
    return input;
  }
  reader.require("text");
  reader.get("text", input.text);
  if (reader.find("pair") != nullptr) {
    std::string pair;
    reader.get("pair", pair);
    input.pair = std::move(pair);
  }
  if (!reader.status().ok()) return reader.status();
  return input;
}

Status read_priority(JsonReader& reader, RequestOptions& options) {
  std::string word(to_string(options.priority));
  reader.get("priority", word);
  for (const Priority priority : {Priority::kInteractive, Priority::kNormal, Priority::kBulk}) {
    if (to_string(priority) != word) continue;
    options.priority = priority;
    return reader.status();
  }
  reader.reject("priority", in_quotes(word), "interactive, normal or bulk");
  return reader.status();
}

}  // namespace

Result<bj::value> parse_body(std::string_view body) { return parse_json(body, kWhere, kBodyJson); }

Result<bj::object> parse_body_object(std::string_view body) {
  return parse_json_object(body, kWhere, kBodyJson);
}

JsonReader body_reader(const bj::object& object, std::string_view path) {
  return {object, kWhere, path, StatusCode::kInvalidInput};
}

Status bad_field(std::string_view path, const bj::value& got, std::string_view expected) {
  return error(
      StatusCode::kInvalidInput, kWhere, "{}: got {}, expected {}", in_quotes(path), describe(got),
      expected
  );
}

Result<TextInput> read_text_item(const bj::value& value, std::string_view path) {
  if (const bj::string* text = value.if_string()) return TextInput{.text = std::string(*text)};
  if (const bj::array* pair = value.if_array()) return read_pair(*pair, path);
  if (const bj::object* object = value.if_object()) return read_object(*object, path);
  return bad_field(path, value, "a text, a pair of texts, or an object of text or ids");
}

Result<std::vector<TextInput>> read_text_items(const bj::value& value, std::string_view path) {
  std::vector<TextInput> inputs;
  const bj::array* list = value.if_array();
  if (list == nullptr) {
    auto input = read_text_item(value, path);
    if (!input) return input.error();
    inputs.push_back(*std::move(input));
    return inputs;
  }
  inputs.reserve(list->size());
  for (const bj::value& item : *list) {
    if (const bj::string* text = item.if_string()) {
      inputs.push_back({.text = std::string(*text)});
      continue;
    }
    auto input = read_text_item(item, element(path, inputs.size()));
    if (!input) return input.error();
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

Result<std::vector<int32_t>> read_ids(const bj::value& value, std::string_view path) {
  const bj::array* list = value.if_array();
  if (list == nullptr || list->empty()) return bad_field(path, value, "a list of token ids");
  std::vector<int32_t> ids;
  ids.reserve(list->size());
  for (const bj::value& item : *list) {
    const int64_t* id = item.if_int64();
    if (id == nullptr || *id < 0 || *id > std::numeric_limits<int32_t>::max())
      return bad_field(element(path, ids.size()), item, "a token id");
    ids.push_back(static_cast<int32_t>(*id));
  }
  return ids;
}

Result<std::vector<std::string>> read_strings(const bj::value& value, std::string_view path) {
  const bj::array* list = value.if_array();
  if (list == nullptr) return bad_field(path, value, "a list of texts");
  std::vector<std::string> texts;
  texts.reserve(list->size());
  for (const bj::value& item : *list) {
    if (!item.is_string()) return bad_field(element(path, texts.size()), item, "a text");
    texts.emplace_back(item.get_string());
  }
  return texts;
}

Status read_options(
    const bj::object& body, std::chrono::steady_clock::time_point received, RequestOptions& options
) {
  JsonReader reader = body_reader(body);
  reader.get("truncate", options.truncate);
  reader.get("max_length", options.max_length, {.min = 1});
  std::string side = "right";
  reader.get("truncation_side", side);
  if (side != "right" && side != "left")
    reader.reject("truncation_side", in_quotes(side), "left or right");
  options.side = side == "left" ? TruncationSide::kLeft : TruncationSide::kRight;
  int64_t timeout = 0;
  reader.get("timeout_ms", timeout, {.min = 1, .max = kLongestTimeoutMs});
  if (timeout > 0) options.deadline = received + std::chrono::milliseconds(timeout);
  return read_priority(reader, options);
}

}  // namespace martlet
