// What a text format has to do: turn bytes that arrive in chunks of any size into rows.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "martlet/status.h"
#include "rows/text_reader.h"
#include "rows/text_rows.h"

namespace martlet {

/// Gives the same rows however the input is cut into chunks.
class RowParser {
 public:
  virtual ~RowParser() = default;
  /// Appends the rows that end inside `chunk` and keeps the rest for the next call.
  virtual Status parse(std::string_view chunk, TextRows& rows) = 0;
  /// The input has ended: appends a last row that has no newline.
  virtual Status finish(TextRows& rows) = 0;
};

struct RowParserOptions {
  std::string where{};  // names the input in messages
  TextColumns columns{};
  std::size_t max_row_bytes = TextReaderOptions{}.max_row_bytes;
};

std::unique_ptr<RowParser> make_txt_parser(const RowParserOptions& options);
std::unique_ptr<RowParser> make_jsonl_parser(const RowParserOptions& options);
/// `separator` is ',' or '\t'.
std::unique_ptr<RowParser> make_csv_parser(const RowParserOptions& options, char separator);

}  // namespace martlet
