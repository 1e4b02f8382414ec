// Rows of text on their way from a file to a pipeline: one flat buffer and offsets, no strings of
// their own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace martlet {

/// What one row holds. `second` is empty unless a pair column was asked for, `label` unless a label
/// column was.
struct TextRow {
  std::string_view text{};
  std::string_view second{};
  std::string_view label{};
};

/// Rows, one after the other. Cleared and refilled, it stops allocating.
class TextRows {
 public:
  void clear() noexcept {
    bytes_.clear();
    ends_.clear();
  }

  void append(const TextRow& row) {
    for (const std::string_view field : {row.text, row.second, row.label}) {
      bytes_.append(field);
      ends_.push_back(bytes_.size());
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return ends_.size() / kFields; }
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  /// Bytes of text that the rows hold.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }

  /// Valid until the next append or clear.
  [[nodiscard]] TextRow operator[](std::size_t row) const noexcept {
    return {field(row * kFields), field(row * kFields + 1), field(row * kFields + 2)};
  }

 private:
  static constexpr std::size_t kFields = 3;

  [[nodiscard]] std::string_view field(std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }

  std::string bytes_;
  std::vector<std::size_t> ends_;  // [rows * kFields]: where each field ends in bytes_
};

}  // namespace martlet
