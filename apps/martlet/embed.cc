// Embeddings for `martlet run`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/error.h"
#include "martlet/embedding.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

std::vector<ResultColumn> columns_for(OutputFormat format, std::size_t width) {
  std::vector<ResultColumn> columns{
      {.name = "embedding", .kind = ColumnKind::kFloatList, .width = width}
  };
  if (format != OutputFormat::kText) {
    columns.push_back({.name = "truncated", .kind = ColumnKind::kBool, .rare = true});
  }
  return columns;
}

/// "384 numbers  [ 0.0123 -0.0456  0.0789 ...]  a gripping, beautiful film"
Status write_for_eyes(RunSession& session, std::span<const float> embedding) {
  constexpr std::size_t kShown = 4;
  std::string line = fmt::format("{} numbers  [", embedding.size());
  for (const float value : embedding.first(std::min(kShown, embedding.size())))
    line += fmt::format("{:7.4f} ", value);
  line += "...]  ";
  const std::size_t columns = line.size();
  return session.write_line(std::move(line), columns);
}

}  // namespace

Status embed(const RunFlags& flags, RunSession& session) {
  EmbeddingOptions options;
  options.encoder = flags.encoder;
  options.max_length = flags.max_length;
  const auto pipeline = EmbeddingPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  const auto width = static_cast<std::size_t>(pipeline->info().hidden_size);
  if (!session.is_for_eyes())
    MARTLET_RETURN_IF_ERROR(session.start_table(columns_for(flags.format, width)));

  const auto write = [&](std::span<const float> embedding, bool truncated) -> Status {
    if (session.is_for_eyes()) return write_for_eyes(session, embedding);
    const std::array<ResultValue, 2> row{embedding, truncated};
    return session.write(std::span(row).first(flags.format == OutputFormat::kText ? 1 : 2));
  };
  const auto sink = [&](const Embeddings& results) -> Status {
    for (std::size_t i = 0; i < results.rows; ++i) {
      const bool truncated = results.truncated[i] != 0;
      MARTLET_RETURN_IF_ERROR(write(results.row(i), truncated));
      session.count(truncated);
    }
    return session.flush();
  };
  return pipeline->stream(session.source(), sink, {.plan = flags.plan});
}

}  // namespace martlet::cli
