// text: values separated by tabs, for eyes, cut and awk.
#include "rows/line_writer.h"

namespace martlet {
namespace {

class TextWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

 private:
  void append_row(std::string& line, std::span<const ResultValue> row) const override {
    const Overloaded append{
        [&](std::string_view text) { line += text; },
        [&](float value) { append_float(line, value); },
        [&](std::int64_t value) { append_integer(line, value); },
        [&](bool value) { append_bool(line, value); },
        [&](std::span<const float> list) { append_list(line, list, " ", append_float); },
        [&](std::span<const std::string_view> list) { append_list(line, list, " ", append_text); },
        [&](JsonText json) { line += json.text; },
    };
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += '\t';
      std::visit(append, row[i]);
    }
  }
};

}  // namespace

std::unique_ptr<ResultWriter> make_text_writer(
    std::vector<ResultColumn> columns, OutputStream& output
) {
  return std::make_unique<TextWriter>(std::move(columns), output);
}

}  // namespace martlet
