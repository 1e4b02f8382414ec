// JSON text appended to a string, without a tree in between: answers are mostly numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace martlet {

/// In quotes, escaped. Bytes that are no UTF-8 become U+FFFD.
void write_json_string(std::string& out, std::string_view text);
/// The shortest digits that read back as the same float; null for what is not finite.
void write_json_number(std::string& out, float value);
void write_json_number(std::string& out, int64_t value);
/// [1,2.5,...]
void write_json_numbers(std::string& out, std::span<const float> values);
void write_json_numbers(std::string& out, std::span<const int32_t> values);

/// Writes one object or array and puts the commas in it.
class JsonList {
 public:
  JsonList(std::string& out, char open, char close) : out_(out), close_(close) { out_ += open; }
  ~JsonList() { out_ += close_; }
  JsonList(const JsonList&) = delete;
  JsonList& operator=(const JsonList&) = delete;

  /// Before each element of an array.
  std::string& next() {
    if (!empty_) out_ += ',';
    empty_ = false;
    return out_;
  }
  /// Before each value of an object.
  std::string& key(std::string_view name) {
    write_json_string(next(), name);
    out_ += ':';
    return out_;
  }

  void member(std::string_view name, std::string_view value) {
    write_json_string(key(name), value);
  }
  void member(std::string_view name, const char* value) {
    write_json_string(key(name), std::string_view(value));
  }
  void member(std::string_view name, int64_t value) { write_json_number(key(name), value); }
  void member(std::string_view name, int32_t value) {
    write_json_number(key(name), int64_t{value});
  }
  void member(std::string_view name, float value) { write_json_number(key(name), value); }
  void member(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }

 private:
  std::string& out_;
  char close_;
  bool empty_ = true;
};

struct JsonObject : JsonList {
  explicit JsonObject(std::string& out) : JsonList(out, '{', '}') {}
};
struct JsonArray : JsonList {
  explicit JsonArray(std::string& out) : JsonList(out, '[', ']') {}
};

}  // namespace martlet
