// What the output formats that are lines of text have in common.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "rows/result_writer.h"
#include "rows/value_text.h"

namespace martlet {

class LineWriter : public ResultWriter {
 public:
  LineWriter(std::vector<ResultColumn> columns, OutputStream& output)
      : columns_(std::move(columns)), output_(output) {}

  Status write(std::span<const ResultValue> row) final {
    MARTLET_RETURN_IF_ERROR(write_header());
    line_.clear();
    append_row(line_, row);
    line_ += '\n';
    return output_.write(line_);
  }

  Status finish() final { return write_header(); }

 protected:
  [[nodiscard]] const std::vector<ResultColumn>& columns() const noexcept { return columns_; }

 private:
  /// Appends what stands before the first row, its end of line included.
  virtual void append_header(std::string&) const {}
  virtual void append_row(std::string& line, std::span<const ResultValue> row) const = 0;

  Status write_header() {
    if (std::exchange(header_written_, true)) return {};
    line_.clear();
    append_header(line_);
    return output_.write(line_);
  }

  std::vector<ResultColumn> columns_;
  OutputStream& output_;
  std::string line_;
  bool header_written_ = false;
};

/// std::visit with one lambda per alternative.
template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

/// Appends the elements of `list`, `separator` between them.
template <class List, class Append>
void append_list(
    std::string& out, const List& list, std::string_view separator, const Append& append
) {
  bool first = true;
  for (const auto& element : list) {
    if (!std::exchange(first, false)) out += separator;
    append(out, element);
  }
}

inline void append_bool(std::string& out, bool value) { out += value ? "true" : "false"; }
inline void append_integer(std::string& out, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}
inline void append_text(std::string& out, std::string_view text) { out += text; }

std::unique_ptr<ResultWriter> make_text_writer(std::vector<ResultColumn>, OutputStream&);
std::unique_ptr<ResultWriter> make_jsonl_writer(std::vector<ResultColumn>, OutputStream&);
std::unique_ptr<ResultWriter> make_csv_writer(std::vector<ResultColumn>, OutputStream&);

}  // namespace martlet
