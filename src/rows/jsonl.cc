// jsonl: one JSON object per line, read by Boost.JSON.
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "rows/column_choice.h"
#include "rows/line_splitter.h"
#include "rows/row_parser.h"

namespace martlet {
namespace {

namespace json = boost::json;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string_view kind_name(json::kind kind) {
  const json::string_view name = json::to_string(kind);
  return {name.data(), name.size()};
}

class JsonlParser final : public RowParser {
 public:
  explicit JsonlParser(const RowParserOptions& options)
      : lines_(options.where, options.max_row_bytes), keys_(options.columns) {}

  Status parse(std::string_view chunk, TextRows& rows) override {
    return lines_.split(chunk, [&](std::string_view line) { return parse_line(line, rows); });
  }
  Status finish(TextRows& rows) override {
    return lines_.finish([&](std::string_view line) { return parse_line(line, rows); });
  }

 private:
  Status parse_line(std::string_view line, TextRows& rows) {
    if (is_blank(line)) return {};
    // One for each row: a released arena goes on doubling the size of its next block.
    json::monotonic_resource arena(arena_bytes_.data(), arena_bytes_.size());
    json::error_code failure;
    const json::value value =
        json::parse(json::string_view(line.data(), line.size()), failure, &arena);
    if (failure) {
      return error(
          StatusCode::kInvalidInput, lines_.place(), "malformed JSON ({}), expected an object",
          failure.message()
      );
    }
    const json::object* object = value.if_object();
    if (object == nullptr) return wrong_kind("the line", value, "an object");
    return append_object(*object, rows);
  }

  Status append_object(const json::object& object, TextRows& rows) {
    if (keys_.text.empty()) MARTLET_RETURN_IF_ERROR(choose_text_key(object));
    TextRow row;
    MARTLET_RETURN_IF_ERROR(read_string(object, keys_.text, row.text));
    if (!keys_.label.empty()) MARTLET_RETURN_IF_ERROR(read_label(object, row.label));
    if (!keys_.pair.empty()) return append_pairs(object, row, rows);
    rows.append(row);
    return {};
  }

  /// A row with the second text, or one for each of a list of them.
  Status append_pairs(const json::object& object, TextRow row, TextRows& rows) const {
    const json::value* value = nullptr;
    MARTLET_RETURN_IF_ERROR(find(object, keys_.pair, value));
    const json::array* list = value->if_array();
    const std::span seconds =
        list == nullptr ? std::span(value, 1) : std::span(list->data(), list->size());
    for (const json::value& second : seconds) {
      MARTLET_RETURN_IF_ERROR(as_string(second, keys_.pair, row.second));
      rows.append(row);
    }
    return {};
  }

  /// The first object decides for the whole input.
  Status choose_text_key(const json::object& object) {
    std::vector<ColumnInfo> columns;
    for (const auto& [key, value] : object) {
      const bool taken = key == keys_.pair || key == keys_.label;
      columns.push_back({std::string(key), value.is_string() && !taken});
    }
    const auto chosen = choose_text_column(columns, {}, lines_.place());
    if (!chosen) return chosen.error();
    keys_.text = columns[*chosen].name;
    return {};
  }

  Status find(const json::object& object, std::string_view key, const json::value*& value) const {
    value = object.if_contains({key.data(), key.size()});
    if (value != nullptr) return {};
    return error(StatusCode::kInvalidInput, lines_.place(), "no key '{}' in the object", key);
  }

  Status read_string(const json::object& object, std::string_view key, std::string_view& text)
      const {
    const json::value* value = nullptr;
    MARTLET_RETURN_IF_ERROR(find(object, key, value));
    return as_string(*value, key, text);
  }

  Status as_string(const json::value& value, std::string_view key, std::string_view& text) const {
    const json::string* string = value.if_string();
    if (string == nullptr) return wrong_kind(fmt::format("key '{}'", key), value, "a string");
    text = {string->data(), string->size()};
    return {};
  }

  /// Labels are names or class numbers.
  Status read_label(const json::object& object, std::string_view& label) {
    const json::value* value = nullptr;
    MARTLET_RETURN_IF_ERROR(find(object, keys_.label, value));
    if (const json::string* string = value->if_string()) {
      label = {string->data(), string->size()};
    } else if (value->is_int64()) {
      label_text_ = fmt::to_string(value->get_int64());
      label = label_text_;
    } else {
      return wrong_kind(fmt::format("key '{}'", keys_.label), *value, "a string or an integer");
    }
    return {};
  }

  Status wrong_kind(std::string_view what, const json::value& value, std::string_view expected)
      const {
    return error(
        StatusCode::kInvalidInput, lines_.place(), "{}: got {}, expected {}", what,
        kind_name(value.kind()), expected
    );
  }

  LineSplitter lines_;
  TextColumns keys_;
  std::string label_text_;
  std::array<unsigned char, 16384> arena_bytes_{};  // where the values of usual rows fit
};

}  // namespace

std::unique_ptr<RowParser> make_jsonl_parser(const RowParserOptions& options) {
  return std::make_unique<JsonlParser>(options);
}

}  // namespace martlet
