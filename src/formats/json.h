// JSON that somebody else wrote: parsed within limits, read with checked types and ranges, and with
// messages that say where.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

struct JsonOptions {
  /// A longer text is refused before it is read.
  std::size_t max_bytes = std::size_t{64} << 20;
  /// Refuse an object that names a key twice; otherwise the last one counts.
  bool unique_keys = false;
  /// Strings, keys, arrays and objects at most: numbers cost little more than their text, these
  /// many times as much.
  std::size_t max_parts = std::numeric_limits<std::size_t>::max();
  /// The code of the failures.
  StatusCode code = StatusCode::kInvalidModel;
};

/// Parses one strict JSON value, nested at most 64 deep. `where` names the text in messages.
Result<boost::json::value> parse_json(
    std::string_view text, std::string_view where, const JsonOptions& options = {}
);

/// As parse_json, of text whose value must be an object.
Result<boost::json::object> parse_json_object(
    std::string_view text, std::string_view where, const JsonOptions& options = {}
);

/// As parse_json_object, of a file.
Result<boost::json::object> load_json_object(
    const std::filesystem::path& path, const JsonOptions& options = {}
);

/// `text` in quotes, escaped and cut to a length that fits a message of one line.
std::string in_quotes(std::string_view text);

/// What a value is, for messages: "a string", "null", "3", "2.5".
std::string describe(const boost::json::value& value);

/// The values that a getter accepts, ends included.
struct IntegerRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct NumberRange {
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
};

/// Reads the members of one object. A getter leaves its target unchanged when the key is missing or
/// null, so that the target's value is the default. The first failure is kept and the getters after
/// it do nothing: read everything, then look at status() once.
class JsonReader {
 public:
  /// `object` must outlive the reader. `path` is how the object is reached from the root of its
  /// document: "" or "text_config". `code` is of the failures.
  JsonReader(
      const boost::json::object& object, std::string_view where, std::string_view path = {},
      StatusCode code = StatusCode::kInvalidModel
  );

  /// Fails when `key` is missing or null.
  void require(std::string_view key);

  void get(std::string_view key, std::int32_t& out, IntegerRange range);
  void get(std::string_view key, std::int64_t& out, IntegerRange range);
  /// Finite numbers, integers included.
  void get(std::string_view key, double& out, NumberRange range = {});
  void get(std::string_view key, float& out, NumberRange range = {});
  void get(std::string_view key, bool& out);
  void get(std::string_view key, std::string& out);
  /// The member as an object or an array; nullptr when missing, null or of another type (which is a
  /// failure).
  const boost::json::object* object(std::string_view key);
  const boost::json::array* array(std::string_view key);

  /// Records that the value of `key` is not what is `expected`.
  void reject(std::string_view key, std::string_view got, std::string_view expected);

  [[nodiscard]] const Status& status() const noexcept { return status_; }
  /// The value of `key`; nullptr when missing or null.
  [[nodiscard]] const boost::json::value* find(std::string_view key) const;

 private:
  const boost::json::object& object_;
  std::string where_;
  std::string path_;
  StatusCode code_;
  Status status_;
};

}  // namespace martlet
