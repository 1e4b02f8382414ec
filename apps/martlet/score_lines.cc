#include "score_lines.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/error.h"

namespace martlet::cli {

Status expect_pairs(const RunFlags& flags, std::string_view task) {
  if (!flags.query.empty() || !flags.input.columns.pair.empty()) return {};
  return error(
      StatusCode::kInvalidArgument, "run",
      "got single texts for {}, expected --query TEXT, or --pair-column NAME for rows of two texts",
      task
  );
}

Status start_scores(const RunFlags& flags, RunSession& session, std::string name) {
  if (session.is_for_eyes()) return {};
  std::vector<ResultColumn> columns{{.name = std::move(name), .kind = ColumnKind::kFloat}};
  if (flags.format != OutputFormat::kText)
    columns.push_back({.name = "truncated", .kind = ColumnKind::kBool, .rare = true});
  return session.start_table(std::move(columns));
}

Status write_score(const RunFlags& flags, RunSession& session, float score, bool truncated) {
  if (session.is_for_eyes()) {
    std::string line = fmt::format("{:7.4f}  ", score);
    const std::size_t columns = line.size();
    return session.write_line(std::move(line), columns);
  }
  const std::array<ResultValue, 2> row{score, truncated};
  return session.write(std::span(row).first(flags.format == OutputFormat::kText ? 1 : 2));
}

}  // namespace martlet::cli
