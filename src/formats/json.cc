#include "formats/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"

namespace martlet {
namespace {

namespace bj = boost::json;
using boost::json::error_code;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxQuotedBytes = 80;

bj::parse_options parse_options() {
  bj::parse_options options;
  options.max_depth = kMaxDepth;
  return options;
}

/// Receives the events of a parse, and stops it at the first key that its object already has or
/// when there are more parts than allowed.
class Checks {
 public:
  explicit Checks(const JsonOptions& options) : options_(options) {}

  // NOLINTBEGIN(readability-identifier-naming): the names that Boost.JSON asks of a handler
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  // NOLINTEND(readability-identifier-naming)

  /// What was found; ok: nothing.
  [[nodiscard]] Status status(std::string_view where) const {
    if (parts_ > options_.max_parts) {
      return error(
          options_.code, where,
          "got more than {} strings, keys, arrays and objects, expected fewer", options_.max_parts
      );
    }
    if (!repeated_) return {};
    return error(options_.code, where, "got the key {} twice in one object", in_quotes(key_));
  }

  bool on_object_begin(error_code& code) {
    if (options_.unique_keys) open_.emplace_back();
    return count(code);
  }
  bool on_object_end(std::size_t, error_code&) {
    if (options_.unique_keys) open_.pop_back();
    return true;
  }
  bool on_key_part(bj::string_view part, std::size_t, error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(bj::string_view part, std::size_t, error_code& code) {
    key_.append(part.data(), part.size());
    if (options_.unique_keys && !open_.back().insert(key_).second) {
      repeated_ = true;
      return stop(code);
    }
    key_.clear();
    return count(code);
  }
  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code& code) { return count(code); }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_string_part(bj::string_view, std::size_t, error_code&) { return true; }
  bool on_string(bj::string_view, std::size_t, error_code& code) { return count(code); }
  bool on_number_part(bj::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, bj::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, bj::string_view, error_code&) { return true; }
  bool on_double(double, bj::string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(bj::string_view, error_code&) { return true; }
  bool on_comment(bj::string_view, error_code&) { return true; }

 private:
  static bool stop(error_code& code) {
    code = bj::error::syntax;  // any error stops the parser
    return false;
  }
  bool count(error_code& code) { return ++parts_ <= options_.max_parts || stop(code); }

  const JsonOptions& options_;
  std::vector<std::unordered_set<std::string>> open_;  // the keys of each object we are inside
  std::string key_;
  bool repeated_ = false;
  std::size_t parts_ = 0;
};

/// Looks before memory is spent; what is wrong otherwise, the real parse says.
Status check_parts(std::string_view text, std::string_view where, const JsonOptions& options) {
  bj::basic_parser<Checks> parser(parse_options(), options);
  error_code ignored;
  parser.write_some(false, text.data(), text.size(), ignored);
  return parser.handler().status(where);
}

}  // namespace

Result<bj::value> parse_json(
    std::string_view text, std::string_view where, const JsonOptions& options
) {
  if (text.size() > options.max_bytes) {
    return error(
        options.code, where, "got {} bytes of JSON, expected at most {}", text.size(),
        options.max_bytes
    );
  }
  if (options.unique_keys || options.max_parts < text.size()) {
    MARTLET_RETURN_IF_ERROR(check_parts(text, where, options));
  }
  bj::parser parser({}, parse_options());
  error_code code;
  const std::size_t parsed = parser.write_some(text.data(), text.size(), code);
  if (!code && parsed < text.size()) code = bj::error::extra_data;
  if (code) {
    return error(options.code, where, "got invalid JSON at byte {}: {}", parsed, code.message());
  }
  return parser.release();
}

Result<bj::object> parse_json_object(
    std::string_view text, std::string_view where, const JsonOptions& options
) {
  auto value = parse_json(text, where, options);
  if (!value) return value.status();
  if (!value->is_object()) {
    return error(options.code, where, "got {}, expected a JSON object", describe(*value));
  }
  return std::move(value->get_object());
}

Result<bj::object> load_json_object(const std::filesystem::path& path, const JsonOptions& options) {
  auto file = MappedFile::open(path);
  if (!file) return file.status();
  return parse_json_object(file->text(), path.string(), options);
}

std::string in_quotes(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  if (cut) {
    std::size_t size = kMaxQuotedBytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    text = text.substr(0, size);
  }
  return bj::serialize(bj::string_view(text)) + (cut ? "..." : "");
}

std::string describe(const bj::value& value) {
  switch (value.kind()) {
    case bj::kind::null:
      return "null";
    case bj::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case bj::kind::int64:
      return fmt::format("{}", value.get_int64());
    case bj::kind::uint64:
      return fmt::format("{}", value.get_uint64());
    case bj::kind::double_:
      return fmt::format("{}", value.get_double());
    case bj::kind::string:
      return "the string " + in_quotes(value.get_string());
    case bj::kind::array:
      return "an array";
    case bj::kind::object:
      return "an object";
  }
  return "an unknown value";
}

JsonReader::JsonReader(
    const bj::object& object, std::string_view where, std::string_view path, StatusCode code
)
    : object_(object), where_(where), path_(path), code_(code) {}

const bj::value* JsonReader::find(std::string_view key) const {
  const bj::value* value = object_.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void JsonReader::reject(std::string_view key, std::string_view got, std::string_view expected) {
  if (!status_.ok()) return;
  const std::string name = path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  status_ = error(code_, where_, "{}: got {}, expected {}", in_quotes(name), got, expected);
}

void JsonReader::require(std::string_view key) {
  if (find(key) == nullptr) reject(key, object_.contains(key) ? "null" : "nothing", "a value");
}

void JsonReader::get(std::string_view key, std::int64_t& out, IntegerRange range) {
  const bj::value* value = find(key);
  if (value == nullptr || !status_.ok()) return;
  const std::int64_t* number = value->if_int64();  // what is beyond int64 is parsed as another kind
  if (number == nullptr || *number < range.min || *number > range.max) {
    reject(
        key, describe(*value), fmt::format("an integer between {} and {}", range.min, range.max)
    );
    return;
  }
  out = *number;
}

void JsonReader::get(std::string_view key, std::int32_t& out, IntegerRange range) {
  range.min = std::max<std::int64_t>(range.min, std::numeric_limits<std::int32_t>::min());
  range.max = std::min<std::int64_t>(range.max, std::numeric_limits<std::int32_t>::max());
  std::int64_t wide = out;
  get(key, wide, range);
  if (status_.ok()) out = static_cast<std::int32_t>(wide);
}

void JsonReader::get(std::string_view key, double& out, NumberRange range) {
  const bj::value* value = find(key);
  if (value == nullptr || !status_.ok()) return;
  error_code code;
  const auto number = value->is_number() ? value->to_number<double>(code) : std::nan("");
  if (!(number >= range.min && number <= range.max)) {  // false for NaN, too
    reject(key, describe(*value), fmt::format("a number between {} and {}", range.min, range.max));
    return;
  }
  out = number;
}

void JsonReader::get(std::string_view key, float& out, NumberRange range) {
  constexpr double kMax = std::numeric_limits<float>::max();
  double wide = static_cast<double>(out);
  get(key, wide, {std::max(range.min, -kMax), std::min(range.max, kMax)});
  if (status_.ok()) out = static_cast<float>(wide);
}

void JsonReader::get(std::string_view key, bool& out) {
  const bj::value* value = find(key);
  if (value == nullptr || !status_.ok()) return;
  if (!value->is_bool()) return reject(key, describe(*value), "true or false");
  out = value->get_bool();
}

void JsonReader::get(std::string_view key, std::string& out) {
  const bj::value* value = find(key);
  if (value == nullptr || !status_.ok()) return;
  if (!value->is_string()) return reject(key, describe(*value), "a string");
  out = value->get_string();
}

const bj::object* JsonReader::object(std::string_view key) {
  const bj::value* value = find(key);
  if (value == nullptr || !status_.ok()) return nullptr;
  if (!value->is_object()) reject(key, describe(*value), "an object");
  return value->if_object();
}

const bj::array* JsonReader::array(std::string_view key) {
  const bj::value* value = find(key);
  if (value == nullptr || !status_.ok()) return nullptr;
  if (!value->is_array()) reject(key, describe(*value), "an array");
  return value->if_array();
}

}  // namespace martlet
