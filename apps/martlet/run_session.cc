#include "run_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "console.h"
#include "core/error.h"
#include "interrupt.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

/// Rows handed out at a time: few enough for a pipeline to fill its windows exactly as it likes.
constexpr std::size_t kSliceRows = 64;

bool goes_to_terminal(const RunFlags& flags) { return flags.output == "-" && stdout_is_terminal(); }

/// A bar between lines of results would spoil both.
bool wants_progress(const RunFlags& flags) {
  return stderr_is_terminal() && !goes_to_terminal(flags);
}

}  // namespace

Result<std::unique_ptr<RunSession>> RunSession::open(
    const RunFlags& flags, const std::vector<std::string>& texts
) {
  if (flags.format == OutputFormat::kParquet && goes_to_terminal(flags)) {
    return error(
        StatusCode::kInvalidArgument, "run",
        "got a terminal as output for parquet, expected --output FILE or a pipe"
    );
  }
  auto reader = open_input(flags.input, texts);
  if (!reader) return reader.error();
  if (flags.output != "-") catch_interrupts();
  auto output = open_output(flags.output);
  if (!output) return output.error();
  return std::unique_ptr<RunSession>(new RunSession(flags, std::move(*reader), std::move(*output)));
}

RunSession::RunSession(
    const RunFlags& flags, std::unique_ptr<TextReader> reader, std::unique_ptr<OutputStream> output
)
    : flags_(flags),
      reader_(std::move(reader)),
      output_(std::move(output)),
      for_eyes_(flags.format == OutputFormat::kText && goes_to_terminal(flags)),
      progress_(wants_progress(flags)) {}

TextSource RunSession::source() {
  return [this](TextBlock& block) { return add_rows(block); };
}

Status RunSession::add_rows(TextBlock& block) {
  if (interrupted()) return error(StatusCode::kCancelled, "run", "stopped by a signal");
  if (next_ == rows_.size()) {
    next_ = 0;
    MARTLET_RETURN_IF_ERROR(reader_->read(rows_));
    read_ += rows_.size();
  }
  const bool pairs = !flags_.input.columns.pair.empty();
  const bool one_query = !flags_.query.empty();
  const std::size_t end = std::min(next_ + kSliceRows, rows_.size());
  for (; next_ < end; ++next_) {
    const TextRow row = rows_[next_];
    if (one_query) {
      block.add(flags_.query, row.text);
    } else if (pairs) {
      block.add(row.text, row.second);
    } else {
      block.add(row.text);
    }
    if (for_eyes_)
      shown_.push_back(std::string(row.text) + (pairs ? " | " + std::string(row.second) : ""));
  }
  return {};
}

Status RunSession::start_table(std::vector<ResultColumn> columns) {
  auto table = make_result_writer(flags_.format, std::move(columns), *output_);
  if (!table) return table.error();
  table_ = std::move(*table);
  return {};
}

std::string RunSession::take_text() {
  std::string text = std::move(shown_.front());
  shown_.pop_front();
  return text;
}

Status RunSession::write_line(std::string line, std::size_t columns, std::string_view text) {
  const std::size_t width = static_cast<std::size_t>(terminal_width());
  line += cut_to_columns(printable(text), width > columns ? width - columns : 0);
  line += '\n';
  return output_->write(line);
}

void RunSession::count(bool truncated) {
  ++done_;
  truncated_ += truncated ? 1 : 0;
  const ReadProgress read = reader_->progress();
  progress_.update(
      {.done = done_, .read = read_, .input_done = read.done, .input_total = read.total}
  );
}

Status RunSession::finish() {
  if (table_ != nullptr) MARTLET_RETURN_IF_ERROR(table_->finish());
  MARTLET_RETURN_IF_ERROR(output_->commit());
  progress_.clear();
  if (truncated_ > 0) {
    print_note(fmt::format(
        "[run] {} of {} texts were longer than the model takes and were cut", truncated_, done_
    ));
  }
  return {};
}

}  // namespace martlet::cli
