// Cuts chunks of bytes into lines: "\n" and "\r\n" end a line, and so does the end of the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace martlet {

class LineSplitter {
 public:
  LineSplitter(std::string where, std::size_t max_line_bytes)
      : where_(std::move(where)), max_line_bytes_(max_line_bytes) {}

  /// Calls `visit(line) -> Status` for each line that ends inside `chunk`, without its end.
  template <class Visit>
  Status split(std::string_view chunk, const Visit& visit) {
    for (;;) {
      const std::size_t length = chunk.find('\n');
      const std::string_view part = chunk.substr(0, length);
      if (carry_.size() + part.size() > max_line_bytes_) return too_long();
      if (length == std::string_view::npos) {
        carry_.append(part);
        return {};
      }
      MARTLET_RETURN_IF_ERROR(emit(part, visit));
      chunk.remove_prefix(length + 1);
    }
  }

  /// Visits the last line when the input did not end with a newline.
  template <class Visit>
  Status finish(const Visit& visit) {
    return carry_.empty() ? Status() : emit({}, visit);
  }

  /// "file:12", the line being visited.
  [[nodiscard]] std::string place() const { return fmt::format("{}:{}", where_, line_); }

 private:
  template <class Visit>
  Status emit(std::string_view part, const Visit& visit) {
    ++line_;
    if (carry_.empty()) return visit(without_return(part));
    carry_.append(part);
    const Status status = visit(without_return(carry_));
    carry_.clear();
    return status;
  }

  static std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  Status too_long() {
    ++line_;
    return error(
        StatusCode::kInvalidInput, place(),
        "got a line of more than {} bytes, expected a shorter one", max_line_bytes_
    );
  }

  std::string where_;
  std::size_t max_line_bytes_;
  std::string carry_;  // the start of a line whose end has not arrived
  std::uint64_t line_ = 0;
};

}  // namespace martlet
