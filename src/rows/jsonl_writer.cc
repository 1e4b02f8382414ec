// jsonl: one JSON object per row.
#include "rows/line_writer.h"

namespace martlet {
namespace {

void append_value(std::string& line, const ResultValue& value) {
  const Overloaded append{
      [&](std::string_view text) { append_json_string(line, text); },
      [&](float number) { append_json_float(line, number); },
      [&](std::int64_t number) { append_integer(line, number); },
      [&](bool flag) { append_bool(line, flag); },
      [&](std::span<const float> list) {
        line += '[';
        append_list(line, list, ", ", append_json_float);
        line += ']';
      },
      [&](std::span<const std::string_view> list) {
        line += '[';
        append_list(line, list, ", ", append_json_string);
        line += ']';
      },
      [&](JsonText json) { line += json.text; },
  };
  std::visit(append, value);
}

bool is_false(const ResultValue& value) {
  const bool* flag = std::get_if<bool>(&value);
  return flag != nullptr && !*flag;
}

class JsonlWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

 private:
  void append_row(std::string& line, std::span<const ResultValue> row) const override {
    line += '{';
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (columns()[i].rare && is_false(row[i])) continue;
      if (line.size() > 1) line += ", ";
      append_json_string(line, columns()[i].name);
      line += ": ";
      append_value(line, row[i]);
    }
    line += '}';
  }
};

}  // namespace

std::unique_ptr<ResultWriter> make_jsonl_writer(
    std::vector<ResultColumn> columns, OutputStream& output
) {
  return std::make_unique<JsonlWriter>(std::move(columns), output);
}

}  // namespace martlet
