// Texts in, results out, in bounded memory: how a pipeline reads input of any length.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/batch_plan.h"
#include "martlet/status.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// Copies of texts, or of pairs of texts, one after the other in one buffer.
class TextBlock {
 public:
  void add(std::string_view text) { add_row(text, {}, false); }
  void add(std::string_view first, std::string_view second) { add_row(first, second, true); }
  /// Keeps the capacity: a reused block stops allocating.
  void clear() noexcept {
    bytes_.clear();
    rows_.clear();
    pairs_ = 0;
  }

  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Bytes of all texts.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
  /// How many rows are pairs.
  [[nodiscard]] std::size_t pairs() const noexcept { return pairs_; }
  /// Row `index`; the second text of a row that is no pair is empty. Valid until the next change.
  [[nodiscard]] TextPair operator[](std::size_t index) const noexcept {
    const std::string_view all = bytes_;
    const Row row = rows_[index];
    const std::size_t begin = index == 0 ? 0 : rows_[index - 1].end;
    return {all.substr(begin, row.middle - begin), all.substr(row.middle, row.end - row.middle)};
  }

 private:
  struct Row {
    std::size_t middle;  // where the second text begins in bytes_
    std::size_t end;
  };

  void add_row(std::string_view first, std::string_view second, bool pair) {
    bytes_ += first;
    const std::size_t middle = bytes_.size();
    bytes_ += second;
    rows_.push_back({middle, bytes_.size()});
    pairs_ += pair ? 1 : 0;
  }

  std::string bytes_;
  std::vector<Row> rows_;
  std::size_t pairs_ = 0;
};

/// Adds the next rows, one or a few, to the block; adding none says that the input is at its end.
/// Called on the thread that runs the pipeline. Must not throw.
using TextSource = std::function<Status(TextBlock& block)>;

struct StreamOptions {
  BatchPlan plan;
  /// A stop request ends the stream with kCancelled after the batches that are being computed.
  std::stop_token cancel = {};
};

}  // namespace martlet
