// One `martlet run` from the rows of its input to the end of its output: what every task has in
// common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "martlet/text_stream.h"
#include "progress.h"
#include "rows/output_stream.h"
#include "rows/result_writer.h"
#include "rows/text_reader.h"
#include "run_flags.h"

namespace martlet::cli {

class RunSession {
 public:
  /// Opens the input and the output. `flags` and `texts` must outlive the session.
  static Result<std::unique_ptr<RunSession>> open(
      const RunFlags& flags, const std::vector<std::string>& texts
  );

  /// Results are for eyes: text format on a terminal. They then go out by write_line, else by
  /// start_table and write.
  [[nodiscard]] bool is_for_eyes() const noexcept { return for_eyes_; }

  /// The rows of the input, for a pipeline.
  TextSource source();

  Status start_table(std::vector<ResultColumn> columns);
  Status write(std::span<const ResultValue> row) { return table_->write(row); }

  /// A line that ends with as much of the input's text as the terminal has room for after `line`,
  /// which takes `columns`.
  Status write_line(std::string line, std::size_t columns) {
    return write_line(std::move(line), columns, take_text());
  }
  Status write_line(std::string line, std::size_t columns, std::string_view text);
  /// For eyes: the text of the next input. To be called once for each.
  std::string take_text();

  /// To be called after each result: moves the progress bar and counts texts that were cut.
  void count(bool truncated);
  /// To be called after each block of results: lets readers of a pipe see them.
  Status flush() { return output_->flush(); }

  /// Ends the table, commits the output, and tells of texts that were cut.
  Status finish();

 private:
  RunSession(
      const RunFlags& flags, std::unique_ptr<TextReader> reader,
      std::unique_ptr<OutputStream> output
  );
  Status add_rows(TextBlock& block);

  const RunFlags& flags_;
  std::unique_ptr<TextReader> reader_;
  std::unique_ptr<OutputStream> output_;
  std::unique_ptr<ResultWriter> table_;
  bool for_eyes_;
  Progress progress_;

  TextRows rows_;                  // the chunk that is handed out
  std::size_t next_ = 0;           // its first row that was not
  std::deque<std::string> shown_;  // texts whose results are to come; only for eyes
  std::uint64_t read_ = 0;         // rows that came from the reader
  std::uint64_t done_ = 0;         // rows whose results are written
  std::uint64_t truncated_ = 0;
};

}  // namespace martlet::cli
