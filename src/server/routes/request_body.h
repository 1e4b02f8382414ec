// Reading what clients send as JSON: within limits, with one clear line for what is wrong.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "formats/json.h"
#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

/// Any value, nested at most 64 deep, no key twice, no more than 2^20 strings, keys, arrays and
/// objects; kInvalidInput.
Result<boost::json::value> parse_body(std::string_view body);
/// As parse_body, of an object.
Result<boost::json::object> parse_body_object(std::string_view body);

/// A reader of a body's object, whose failures are kInvalidInput.
JsonReader body_reader(const boost::json::object& object, std::string_view path = {});

/// One text: "text", ["first", "second"], {"text": ..., "pair": ...} or {"ids": [...]}. `path` is
/// where the value stands in the body.
Result<TextInput> read_text_item(const boost::json::value& value, std::string_view path);

/// One item or a list of items.
Result<std::vector<TextInput>> read_text_items(
    const boost::json::value& value, std::string_view path
);

/// A list of token ids, or kInvalidInput.
Result<std::vector<int32_t>> read_ids(const boost::json::value& value, std::string_view path);

/// A list of strings.
Result<std::vector<std::string>> read_strings(
    const boost::json::value& value, std::string_view path
);

/// truncate, max_length, truncation_side, priority, timeout_ms: what every native request may say.
Status read_options(
    const boost::json::object& body, std::chrono::steady_clock::time_point received,
    RequestOptions& options
);

/// "name: got 3, expected a string" as kInvalidInput.
Status bad_field(std::string_view path, const boost::json::value& got, std::string_view expected);

}  // namespace martlet
