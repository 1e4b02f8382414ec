// One record of a CSV file, gathered from chunks of any size: RFC 4180, with these freedoms where
// it is silent or strict: "\n" alone ends a row, a quote inside an unquoted field is an ordinary
// character, and rows may have blank lines between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"

namespace martlet {

class CsvRecord {
 public:
  CsvRecord(std::string where, char separator, std::size_t max_bytes)
      : where_(std::move(where)), separator_(separator), max_bytes_(max_bytes) {}

  /// Takes bytes off the front of `chunk` until a record is complete (`complete` is set: read its
  /// fields, then clear) or the chunk is used up.
  Status take(std::string_view& chunk, bool& complete);

  /// The input has ended; sets `complete` when that ends a record.
  Status finish(bool& complete);

  void clear() noexcept;

  [[nodiscard]] std::size_t fields() const noexcept { return ends_.size(); }
  [[nodiscard]] std::string_view field(std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }

  /// Nothing at all between two ends of line (an empty quoted field is something).
  [[nodiscard]] bool is_blank() const noexcept {
    return fields() == 1 && bytes_.empty() && !any_quoted_;
  }

  /// "file:12", where the record began.
  [[nodiscard]] std::string place() const;

 private:
  enum class State {
    kFieldStart,
    kPlain,        // inside an unquoted field
    kQuoted,       // inside quotes
    kQuoteClosed,  // after a quote inside quotes: the end of the field, or the first half of a
                   // doubled quote
    kReturn,       // after a closing quote and "\r"
  };

  void take_plain(std::string_view& chunk);
  void take_quoted(std::string_view& chunk);
  Status take_byte(char byte, bool& complete);
  Status take_after_quote(char byte, bool& complete);
  Status end_field();
  Status end_record(bool& complete);

  std::string where_;
  char separator_;
  std::size_t max_bytes_;

  State state_ = State::kFieldStart;
  std::string bytes_;              // the fields, unescaped, one after the other
  std::vector<std::size_t> ends_;  // where each ends in bytes_
  bool any_quoted_ = false;
  std::uint64_t line_ = 1;        // of the next byte
  std::uint64_t first_line_ = 1;  // of the record
};

}  // namespace martlet
