// csv and tsv: a header row, then rows of as many fields. The parser is our own because Debian and
// PyPI have no C++ CSV library that takes chunks of any size in bounded memory.
#include <vector>

#include "core/error.h"
#include "rows/column_choice.h"
#include "rows/csv_record.h"
#include "rows/row_parser.h"

namespace martlet {
namespace {

class CsvParser final : public RowParser {
 public:
  CsvParser(const RowParserOptions& options, char separator)
      : options_(options), record_(options.where, separator, options.max_row_bytes) {}

  Status parse(std::string_view chunk, TextRows& rows) override {
    for (;;) {
      bool complete = false;
      MARTLET_RETURN_IF_ERROR(record_.take(chunk, complete));
      if (!complete) return {};
      MARTLET_RETURN_IF_ERROR(take_record(rows));
    }
  }

  Status finish(TextRows& rows) override {
    bool complete = false;
    MARTLET_RETURN_IF_ERROR(record_.finish(complete));
    if (complete) MARTLET_RETURN_IF_ERROR(take_record(rows));
    if (columns_ == 0) {
      return error(
          StatusCode::kInvalidInput, options_.where, "got no rows at all, expected a header row"
      );
    }
    return {};
  }

 private:
  Status take_record(TextRows& rows) {
    if (!record_.is_blank()) {
      MARTLET_RETURN_IF_ERROR(columns_ == 0 ? read_header() : append_row(rows));
    }
    record_.clear();
    return {};
  }

  Status read_header() {
    std::vector<ColumnInfo> columns;
    for (std::size_t i = 0; i < record_.fields(); ++i)
      columns.push_back({std::string(record_.field(i))});
    const auto positions = choose_columns(columns, options_.columns, record_.place());
    if (!positions) return positions.error();
    positions_ = *positions;
    columns_ = columns.size();
    return {};
  }

  Status append_row(TextRows& rows) const {
    if (record_.fields() != columns_) {
      return error(
          StatusCode::kInvalidInput, record_.place(), "got {} fields, expected {} as in the header",
          record_.fields(), columns_
      );
    }
    rows.append(
        {.text = field(positions_.text),
         .second = field(positions_.pair),
         .label = field(positions_.label)}
    );
    return {};
  }

  [[nodiscard]] std::string_view field(std::size_t position) const {
    return position == ColumnPositions::kNone ? std::string_view() : record_.field(position);
  }

  RowParserOptions options_;
  CsvRecord record_;
  std::size_t columns_ = 0;  // 0: the header has not been read
  ColumnPositions positions_;
};

}  // namespace

std::unique_ptr<RowParser> make_csv_parser(const RowParserOptions& options, char separator) {
  return std::make_unique<CsvParser>(options, separator);
}

}  // namespace martlet
