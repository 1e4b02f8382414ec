#include "classification_table.h"

namespace martlet::cli {

std::vector<ResultColumn> ClassificationTable::columns() const {
  std::vector<ResultColumn> columns{
      {.name = "label"}, {.name = "score", .kind = ColumnKind::kFloat}
  };
  if (brief_) {
    for (std::size_t i = 1; i < top_; ++i) {
      columns.push_back({.name = "label"});
      columns.push_back({.name = "score", .kind = ColumnKind::kFloat});
    }
    return columns;
  }
  columns.push_back({.name = "logits", .kind = ColumnKind::kFloatList, .width = labels_});
  if (top_ > 1) {
    columns.push_back({.name = "top_labels", .kind = ColumnKind::kStringList, .width = top_});
    columns.push_back({.name = "top_scores", .kind = ColumnKind::kFloatList, .width = top_});
  }
  columns.push_back({.name = "truncated", .kind = ColumnKind::kBool, .rare = true});
  return columns;
}

std::span<const ResultValue> ClassificationTable::row(const Classification& result) {
  values_.clear();
  values_.emplace_back(std::string_view(result.label));
  values_.emplace_back(result.score);
  if (brief_) {
    add_brief_top(result);
  } else {
    add_details(result);
  }
  return values_;
}

void ClassificationTable::add_brief_top(const Classification& result) {
  for (std::size_t i = 1; i < top_; ++i) {
    values_.emplace_back(std::string_view(result.top[i].label));
    values_.emplace_back(result.top[i].score);
  }
}

void ClassificationTable::add_details(const Classification& result) {
  values_.emplace_back(std::span<const float>(result.logits));
  if (top_ > 1) {
    top_labels_.clear();
    top_scores_.clear();
    for (const LabelScore& entry : result.top) {
      top_labels_.emplace_back(entry.label);
      top_scores_.push_back(entry.score);
    }
    values_.emplace_back(std::span<const std::string_view>(top_labels_));
    values_.emplace_back(std::span<const float>(top_scores_));
  }
  values_.emplace_back(result.truncated);
}

}  // namespace martlet::cli
