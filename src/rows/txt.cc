// txt: one text per line.
#include "rows/line_splitter.h"
#include "rows/row_parser.h"

namespace martlet {
namespace {

class TxtParser final : public RowParser {
 public:
  explicit TxtParser(const RowParserOptions& options)
      : lines_(options.where, options.max_row_bytes) {}

  Status parse(std::string_view chunk, TextRows& rows) override {
    return lines_.split(chunk, Append{rows});
  }
  Status finish(TextRows& rows) override { return lines_.finish(Append{rows}); }

 private:
  struct Append {
    TextRows& rows;
    Status operator()(std::string_view line) const {
      rows.append({.text = line});
      return {};
    }
  };

  LineSplitter lines_;
};

}  // namespace

std::unique_ptr<RowParser> make_txt_parser(const RowParserOptions& options) {
  return std::make_unique<TxtParser>(options);
}

}  // namespace martlet
