// Classifications as the rows of a table.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "martlet/text_classification.h"
#include "rows/result_writer.h"

namespace martlet::cli {

/// Text has what fits a line, the other formats have everything.
class ClassificationTable {
 public:
  ClassificationTable(OutputFormat format, std::size_t labels, std::size_t top)
      : brief_(format == OutputFormat::kText), labels_(labels), top_(top) {}

  [[nodiscard]] std::vector<ResultColumn> columns() const;
  /// One value per column, valid until the next call and as long as `result` is.
  std::span<const ResultValue> row(const Classification& result);

 private:
  void add_brief_top(const Classification& result);
  void add_details(const Classification& result);

  bool brief_;
  std::size_t labels_;
  std::size_t top_;
  std::vector<ResultValue> values_;
  std::vector<std::string_view> top_labels_;
  std::vector<float> top_scores_;
};

}  // namespace martlet::cli
