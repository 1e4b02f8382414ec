// Zero-shot classification for `martlet run`.
#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "label_lines.h"
#include "martlet/zero_shot_classification.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

/// The best label, and all of them where there is room.
std::vector<ResultColumn> columns_for(OutputFormat format, std::size_t shown) {
  std::vector<ResultColumn> columns{
      {.name = "label"}, {.name = "score", .kind = ColumnKind::kFloat}
  };
  if (format == OutputFormat::kText) return columns;
  columns.push_back({.name = "labels", .kind = ColumnKind::kStringList, .width = shown});
  columns.push_back({.name = "scores", .kind = ColumnKind::kFloatList, .width = shown});
  columns.push_back({.name = "truncated", .kind = ColumnKind::kBool, .rare = true});
  return columns;
}

Status write_row(RunSession& session, std::span<const LabelScore> best, bool brief, bool cut) {
  std::vector<std::string_view> labels;
  std::vector<float> scores;
  for (const LabelScore& entry : best) {
    labels.emplace_back(entry.label);
    scores.push_back(entry.score);
  }
  std::vector<ResultValue> row{labels[0], scores[0]};
  if (!brief) {
    row.emplace_back(std::span<const std::string_view>(labels));
    row.emplace_back(std::span<const float>(scores));
    row.emplace_back(cut);
  }
  return session.write(row);
}

}  // namespace

Status classify_zero_shot(const RunFlags& flags, RunSession& session) {
  if (flags.candidates.labels.empty()) {
    return error(
        StatusCode::kInvalidArgument, "run",
        "got no classes for zero-shot-classification, expected --candidate-labels A,B"
    );
  }
  ZeroShotOptions options;
  options.encoder = flags.encoder;
  options.max_length = flags.max_length;
  const auto pipeline = ZeroShotClassificationPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  const std::size_t all = flags.candidates.labels.size();
  const auto asked = static_cast<std::size_t>(flags.top_k.value_or(0));
  const std::size_t shown = asked == 0 ? all : std::min(asked, all);
  const std::size_t label_columns = widest(flags.candidates.labels);
  const bool brief = flags.format == OutputFormat::kText;
  if (!session.is_for_eyes())
    MARTLET_RETURN_IF_ERROR(session.start_table(columns_for(flags.format, shown)));

  const auto sink = [&](std::span<const ZeroShotClassification> results) -> Status {
    for (const ZeroShotClassification& result : results) {
      const auto best = std::span(result.labels).first(shown);
      MARTLET_RETURN_IF_ERROR(
          session.is_for_eyes() ? write_labels(session, best, label_columns)
                                : write_row(session, best, brief, result.truncated)
      );
      session.count(result.truncated);
    }
    return session.flush();
  };
  return pipeline->stream(session.source(), flags.candidates, sink, {.plan = flags.plan});
}

}  // namespace martlet::cli
