#include "rows/text_reader.h"

#include <array>
#include <utility>
#include <vector>

#include "core/error.h"
#include "rows/input_file.h"
#include "rows/parquet_plugin.h"
#include "rows/row_parser.h"

namespace martlet {
namespace {

struct FormatName {
  std::string_view name;
  InputFormat format;
};
constexpr std::array kFormats{
    FormatName{"txt", InputFormat::kTxt},      FormatName{"jsonl", InputFormat::kJsonl},
    FormatName{"ndjson", InputFormat::kJsonl}, FormatName{"csv", InputFormat::kCsv},
    FormatName{"tsv", InputFormat::kTsv},      FormatName{"parquet", InputFormat::kParquet},
};

/// A text format: chunks from a file, rows from its parser.
class ChunkedReader final : public TextReader {
 public:
  ChunkedReader(InputFile file, std::unique_ptr<RowParser> parser)
      : file_(std::move(file)), parser_(std::move(parser)), buffer_(kChunkBytes) {}

  Status read(TextRows& rows) override {
    rows.clear();
    while (rows.empty() && !ended_) {
      auto chunk = next_chunk();
      if (!chunk) return chunk.error();
      MARTLET_RETURN_IF_ERROR(ended_ ? parser_->finish(rows) : parser_->parse(*chunk, rows));
    }
    return {};
  }

  [[nodiscard]] ReadProgress progress() const noexcept override {
    return {bytes_read_, file_.size()};
  }

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
  static constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

  /// Sets ended_ when there is none.
  Result<std::string_view> next_chunk() {
    const bool first = bytes_read_ == 0;
    auto bytes = file_.read(buffer_);
    if (!bytes) return bytes.error();
    std::size_t length = *bytes;
    // A pipe may deliver the byte order mark in pieces.
    while (first && length > 0 && length < kByteOrderMark.size() &&
           kByteOrderMark.starts_with(view(length))) {
      bytes = file_.read(std::span(buffer_).subspan(length));
      if (!bytes) return bytes.error();
      if (*bytes == 0) break;
      length += *bytes;
    }
    bytes_read_ += length;
    ended_ = length == 0;
    std::string_view chunk = view(length);
    if (first && chunk.starts_with(kByteOrderMark)) chunk.remove_prefix(kByteOrderMark.size());
    return chunk;
  }

  [[nodiscard]] std::string_view view(std::size_t length) const { return {buffer_.data(), length}; }

  InputFile file_;
  std::unique_ptr<RowParser> parser_;
  std::vector<char> buffer_;
  std::uint64_t bytes_read_ = 0;
  bool ended_ = false;
};

Result<InputFormat> format_of(const std::filesystem::path& path, const TextReaderOptions& options) {
  if (options.format) return *options.format;
  if (path == "-") return InputFormat::kTxt;
  return input_format_of(path);
}

Result<std::unique_ptr<RowParser>> make_parser(
    InputFormat format, const RowParserOptions& options
) {
  switch (format) {
    case InputFormat::kJsonl:
      return make_jsonl_parser(options);
    case InputFormat::kCsv:
      return make_csv_parser(options, ',');
    case InputFormat::kTsv:
      return make_csv_parser(options, '\t');
    default:
      break;
  }
  const TextColumns& columns = options.columns;
  if (!columns.text.empty() || !columns.pair.empty() || !columns.label.empty()) {
    return error(
        StatusCode::kInvalidArgument, options.where,
        "got column names for a txt input, expected jsonl, csv, tsv or parquet"
    );
  }
  return make_txt_parser(options);
}

}  // namespace

Result<InputFormat> parse_input_format(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return error(
      StatusCode::kInvalidArgument, "input format",
      "got '{}', expected txt, jsonl, csv, tsv or parquet", name
  );
}

Result<InputFormat> input_format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  if (extension.empty()) return InputFormat::kTxt;
  if (auto format = parse_input_format(extension.substr(1))) return format;
  return error(
      StatusCode::kInvalidArgument, path.string(),
      "got the extension '{}', expected .txt, .jsonl, .csv, .tsv or .parquet, or the format by "
      "name",
      extension
  );
}

Result<std::unique_ptr<TextReader>> open_text_reader(
    const std::filesystem::path& path, const TextReaderOptions& options
) {
  const auto format = format_of(path, options);
  if (!format) return format.error();
  if (*format == InputFormat::kParquet) return open_parquet_reader(path, options.columns);
  auto file = InputFile::open(path, options.cancel);
  if (!file) return file.error();
  auto parser = make_parser(
      *format,
      {.where = file->name(), .columns = options.columns, .max_row_bytes = options.max_row_bytes}
  );
  if (!parser) return parser.error();
  return std::make_unique<ChunkedReader>(std::move(*file), std::move(*parser));
}

}  // namespace martlet
