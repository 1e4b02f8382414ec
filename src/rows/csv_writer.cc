// csv: RFC 4180 with a header row. A list of n is n columns, so that every program can read it.
#include "rows/line_writer.h"

namespace martlet {
namespace {

class CsvWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

 private:
  void append_header(std::string& line) const override {
    for (const ResultColumn& column : columns()) append_names(line, column);
    line += '\n';
  }

  static void append_names(std::string& line, const ResultColumn& column) {
    if (!is_list(column.kind)) {
      separate(line);
      append_csv_field(line, column.name);
      return;
    }
    for (std::size_t i = 0; i < column.width; ++i) {
      separate(line);
      append_csv_field(line, fmt::format("{}_{}", column.name, i));
    }
  }

  void append_row(std::string& line, std::span<const ResultValue> row) const override {
    const Overloaded append{
        [&](std::string_view text) {
          separate(line);
          append_csv_field(line, text);
        },
        [&](float value) {
          separate(line);
          append_float(line, value);
        },
        [&](std::int64_t value) {
          separate(line);
          append_integer(line, value);
        },
        [&](bool value) {
          separate(line);
          append_bool(line, value);
        },
        [&](std::span<const float> list) {
          if (list.empty()) return;
          separate(line);
          append_list(line, list, ",", append_float);
        },
        [&](std::span<const std::string_view> list) {
          if (list.empty()) return;
          separate(line);
          append_list(line, list, ",", append_csv_field);
        },
        [&](JsonText json) {
          separate(line);
          append_csv_field(line, json.text);
        },
    };
    for (const ResultValue& value : row) std::visit(append, value);
  }

  /// Every field has at least one byte (an empty string is quoted), so an empty line has none yet.
  static void separate(std::string& line) {
    if (!line.empty()) line += ',';
  }
};

}  // namespace

std::unique_ptr<ResultWriter> make_csv_writer(
    std::vector<ResultColumn> columns, OutputStream& output
) {
  return std::make_unique<CsvWriter>(std::move(columns), output);
}

}  // namespace martlet
