// Text classification for `martlet run`.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "label_lines.h"
#include "martlet/text_classification.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

/// Results as the rows of a table. Text has what fits a line, the other formats have everything.
class ClassificationTable {
 public:
  ClassificationTable(OutputFormat format, std::size_t labels, std::size_t top)
      : brief_(format == OutputFormat::kText), labels_(labels), top_(top) {}

  [[nodiscard]] std::vector<ResultColumn> columns() const {
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

  /// One value per column, valid until the next call and as long as `result` is.
  std::span<const ResultValue> row(const Classification& result) {
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

 private:
  void add_brief_top(const Classification& result) {
    for (std::size_t i = 1; i < top_; ++i) {
      values_.emplace_back(std::string_view(result.top[i].label));
      values_.emplace_back(result.top[i].score);
    }
  }

  void add_details(const Classification& result) {
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

  bool brief_;
  std::size_t labels_;
  std::size_t top_;
  std::vector<ResultValue> values_;
  std::vector<std::string_view> top_labels_;
  std::vector<float> top_scores_;
};

}  // namespace

Status classify(const RunFlags& flags, RunSession& session) {
  TextClassificationOptions options;
  options.encoder = flags.encoder;
  options.top_k = flags.top_k.value_or(1);
  options.max_length = flags.max_length;
  const auto pipeline = TextClassificationPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  const std::size_t labels = pipeline->labels().size();
  const auto top_k = static_cast<std::size_t>(options.top_k);
  ClassificationTable table(flags.format, labels, top_k == 0 ? labels : std::min(top_k, labels));
  const std::size_t label_columns = widest(pipeline->labels());
  if (!session.is_for_eyes()) MARTLET_RETURN_IF_ERROR(session.start_table(table.columns()));

  const auto sink = [&](std::span<const Classification> results) -> Status {
    for (const Classification& result : results) {
      MARTLET_RETURN_IF_ERROR(
          session.is_for_eyes() ? write_labels(session, result.top, label_columns)
                                : session.write(table.row(result))
      );
      session.count(result.truncated);
    }
    return session.flush();
  };
  return pipeline->stream(session.source(), sink, {.plan = flags.plan});
}

}  // namespace martlet::cli
