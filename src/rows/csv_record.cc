#include "rows/csv_record.h"

#include <algorithm>

#include "core/error.h"

namespace martlet {
namespace {

/// More than any table has; bounds the memory of a row that is nothing but separators.
constexpr std::size_t kMaxColumns = 16384;

}  // namespace

std::string CsvRecord::place() const { return fmt::format("{}:{}", where_, first_line_); }

void CsvRecord::clear() noexcept {
  bytes_.clear();
  ends_.clear();
  any_quoted_ = false;
  first_line_ = line_;
}

Status CsvRecord::take(std::string_view& chunk, bool& complete) {
  complete = false;
  while (!complete && !chunk.empty()) {
    if (state_ == State::kPlain) take_plain(chunk);
    if (state_ == State::kQuoted) take_quoted(chunk);
    if (bytes_.size() > max_bytes_) {
      return error(
          StatusCode::kInvalidInput, place(),
          "got a row of more than {} bytes, expected a shorter one", max_bytes_
      );
    }
    if (chunk.empty()) break;
    const char byte = chunk.front();
    chunk.remove_prefix(1);
    MARTLET_RETURN_IF_ERROR(take_byte(byte, complete));
  }
  return {};
}

Status CsvRecord::finish(bool& complete) {
  complete = false;
  if (state_ == State::kQuoted) {
    return error(
        StatusCode::kInvalidInput, place(),
        "got the end of the input inside a quoted field, expected a closing quote"
    );
  }
  if (state_ == State::kFieldStart && ends_.empty()) return {};
  return end_record(complete);
}

/// Copies the rest of an unquoted field, as far as it has arrived.
void CsvRecord::take_plain(std::string_view& chunk) {
  const auto is_end = [this](char byte) { return byte == separator_ || byte == '\n'; };
  const auto length = static_cast<std::size_t>(std::ranges::find_if(chunk, is_end) - chunk.begin());
  bytes_.append(chunk.substr(0, length));
  chunk.remove_prefix(length);
}

/// Copies what is quoted up to the next quote, as far as it has arrived.
void CsvRecord::take_quoted(std::string_view& chunk) {
  const std::string_view run = chunk.substr(0, chunk.find('"'));
  line_ += static_cast<std::uint64_t>(std::ranges::count(run, '\n'));
  bytes_.append(run);
  chunk.remove_prefix(run.size());
}

Status CsvRecord::take_byte(char byte, bool& complete) {
  if (state_ == State::kQuoteClosed || state_ == State::kReturn)
    return take_after_quote(byte, complete);
  if (state_ == State::kQuoted) {
    state_ = State::kQuoteClosed;  // take_quoted stops at quotes only
    return {};
  }
  if (byte == separator_) return end_field();
  if (byte == '\n') {
    ++line_;
    return end_record(complete);
  }
  if (byte == '"') {  // a field starts here: take_plain copies the quotes inside unquoted ones
    state_ = State::kQuoted;
    any_quoted_ = true;
    return {};
  }
  bytes_.push_back(byte);
  state_ = State::kPlain;
  return {};
}

Status CsvRecord::take_after_quote(char byte, bool& complete) {
  if (byte == '\n') {
    ++line_;
    return end_record(complete);
  }
  if (state_ == State::kQuoteClosed) {
    if (byte == separator_) return end_field();
    if (byte == '\r') {
      state_ = State::kReturn;
      return {};
    }
    if (byte == '"') {
      bytes_.push_back('"');
      state_ = State::kQuoted;
      return {};
    }
  }
  return error(
      StatusCode::kInvalidInput, place(),
      "got text after a closing quote, expected the next field or the end of the row (quotes "
      "inside a quoted field "
      "are written twice)"
  );
}

Status CsvRecord::end_field() {
  state_ = State::kFieldStart;
  if (ends_.size() == kMaxColumns) {
    return error(
        StatusCode::kInvalidInput, place(), "got more than {} columns, expected fewer", kMaxColumns
    );
  }
  ends_.push_back(bytes_.size());
  return {};
}

Status CsvRecord::end_record(bool& complete) {
  // The "\r" of "\r\n" was taken for text when the last field was unquoted.
  if (state_ == State::kPlain && bytes_.ends_with('\r')) bytes_.pop_back();
  complete = true;
  return end_field();
}

}  // namespace martlet
