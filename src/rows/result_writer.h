// Writes a table of results, row by row, as text, JSON lines, CSV or Parquet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "martlet/status.h"
#include "rows/output_stream.h"

namespace martlet {

enum class OutputFormat {
  kText,     // values separated by tabs, elements of lists by spaces; no header
  kJsonl,    // one JSON object per line
  kCsv,      // RFC 4180 with a header row; a list becomes the columns name_0, name_1, ...
  kParquet,  // through the Parquet plug-in
};

/// "text", "jsonl", "csv", "parquet". kInvalidArgument for another word.
Result<OutputFormat> parse_output_format(std::string_view name);

/// From the extension: .jsonl, .csv, .parquet; text for any other.
OutputFormat output_format_of(const std::filesystem::path& path);

enum class ColumnKind {
  kString,
  kFloat,
  kInteger,
  kBool,
  kFloatList,
  kStringList,
  kJson,  // jsonl has it as it is, the other formats as a string
};

bool is_list(ColumnKind kind) noexcept;

struct ResultColumn {
  std::string name{};
  ColumnKind kind = ColumnKind::kString;
  /// Elements of a list, the same in every row.
  std::size_t width = 0;
  /// A flag that jsonl shows only in the rows where it is true.
  bool rare = false;
};

/// The text of a JSON value.
struct JsonText {
  std::string_view text;
};

/// One value, of the kind that its column says; views into memory of the caller.
using ResultValue = std::variant<
    std::string_view, float, std::int64_t, bool, std::span<const float>,
    std::span<const std::string_view>, JsonText>;

class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  /// One value per column; strings are valid UTF-8.
  virtual Status write(std::span<const ResultValue> row) = 0;
  /// After the last row: what ends the file. The stream is then complete but not committed.
  virtual Status finish() = 0;
};

/// `output` must outlive the writer. kUnavailable when Parquet needs its plug-in.
Result<std::unique_ptr<ResultWriter>> make_result_writer(
    OutputFormat format, std::vector<ResultColumn> columns, OutputStream& output
);

}  // namespace martlet
