// Streams rows of text out of a file or stdin, a bounded chunk at a time: a file larger than memory
// works.
//
//   auto reader = martlet::open_text_reader("reviews.csv", {.columns = {.text = "review"}});
//   for (TextRows rows; (*reader)->read(rows).ok() && !rows.empty();) ...
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "martlet/status.h"
#include "rows/text_rows.h"

namespace martlet {

enum class InputFormat {
  kTxt,      // one text per line; an empty line is an empty text
  kJsonl,    // one JSON object per line; blank lines are skipped
  kCsv,      // RFC 4180 with a header row; blank lines are skipped
  kTsv,      // the same with tabs
  kParquet,  // through the Parquet plug-in; not from stdin
};

/// "txt", "jsonl", "csv", "tsv", "parquet". kInvalidArgument for another word.
Result<InputFormat> parse_input_format(std::string_view name);

/// From the file's extension; none at all means txt. kInvalidArgument for one that is not known.
Result<InputFormat> input_format_of(const std::filesystem::path& path);

/// Which columns (keys, in jsonl) become the row's fields.
struct TextColumns {
  std::string text{};   // empty: "text", else "sentence", else the only one that can hold text
  std::string pair{};   // empty: no second text
  std::string label{};  // empty: no labels
};

struct TextReaderOptions {
  std::optional<InputFormat> format{};  // none: by extension; txt for stdin
  TextColumns columns{};
  /// A longer row is an error, so that no input can make memory grow without bound.
  std::size_t max_row_bytes = std::size_t{64} << 20;
  /// Ends a wait for input, with kCancelled, when it is set and a signal comes. Must outlive the
  /// reader.
  const std::atomic<bool>* cancel = nullptr;
};

/// How far a reader has come, in whatever unit its format can tell: rows or bytes.
struct ReadProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown (a pipe)
};

class TextReader {
 public:
  virtual ~TextReader() = default;

  /// Replaces the content of `rows` with the next ones; empty at the end of the input. Hands out
  /// what has arrived rather than wait for more, so a slow pipe is answered line by line. Malformed
  /// rows are kInvalidInput with their line number; after a failure the rows of that chunk are void
  /// and the reader is done.
  virtual Status read(TextRows& rows) = 0;

  [[nodiscard]] virtual ReadProgress progress() const noexcept = 0;
};

/// Opens `path`, or stdin for "-". kNotFound, kIo or kInvalidInput (a directory) when it cannot be
/// read; kInvalidArgument for columns that the format does not have; kUnavailable when Parquet
/// needs its plug-in.
Result<std::unique_ptr<TextReader>> open_text_reader(
    const std::filesystem::path& path, const TextReaderOptions& options = {}
);

}  // namespace martlet
