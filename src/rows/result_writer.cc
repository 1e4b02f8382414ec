#include "rows/result_writer.h"

#include <array>
#include <utility>

#include "core/error.h"
#include "rows/line_writer.h"
#include "rows/parquet_plugin.h"

namespace martlet {
namespace {

struct FormatName {
  std::string_view name;
  OutputFormat format;
};
constexpr std::array kFormats{
    FormatName{"text", OutputFormat::kText},
    FormatName{"jsonl", OutputFormat::kJsonl},
    FormatName{"csv", OutputFormat::kCsv},
    FormatName{"parquet", OutputFormat::kParquet},
};

}  // namespace

bool is_list(ColumnKind kind) noexcept {
  return kind == ColumnKind::kFloatList || kind == ColumnKind::kStringList;
}

Result<OutputFormat> parse_output_format(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return error(
      StatusCode::kInvalidArgument, "output format",
      "got '{}', expected text, jsonl, csv or parquet", name
  );
}

OutputFormat output_format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  if (extension.empty()) return OutputFormat::kText;
  return parse_output_format(extension.substr(1)).value_or(OutputFormat::kText);
}

Result<std::unique_ptr<ResultWriter>> make_result_writer(
    OutputFormat format, std::vector<ResultColumn> columns, OutputStream& output
) {
  switch (format) {
    case OutputFormat::kText:
      return make_text_writer(std::move(columns), output);
    case OutputFormat::kJsonl:
      return make_jsonl_writer(std::move(columns), output);
    case OutputFormat::kCsv:
      return make_csv_writer(std::move(columns), output);
    case OutputFormat::kParquet:
      break;
  }
  return make_parquet_writer(std::move(columns), output);
}

}  // namespace martlet
