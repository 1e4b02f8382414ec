// Token classification for `martlet run`: named entities.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "martlet/token_classification.h"
#include "pipelines/entities_json.h"
#include "tasks.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

/// jsonl has a line for each text; the other formats are tables, which have a row for each entity.
std::vector<ResultColumn> columns_for(OutputFormat format) {
  if (format == OutputFormat::kJsonl) {
    return {
        {.name = "entities", .kind = ColumnKind::kJson},
        {.name = "truncated", .kind = ColumnKind::kBool, .rare = true},
    };
  }
  return {
      {.name = "input", .kind = ColumnKind::kInteger},
      {.name = "label"},
      {.name = "score", .kind = ColumnKind::kFloat},
      {.name = "word"},
      {.name = "start", .kind = ColumnKind::kInteger},
      {.name = "end", .kind = ColumnKind::kInteger},
  };
}

Status write_json(RunSession& session, const TokenClassification& result) {
  std::string list;
  append_entities_json(list, result.entities);
  return session.write(std::array<ResultValue, 2>{JsonText{list}, result.truncated});
}

Status write_rows(RunSession& session, const TokenClassification& result, std::int64_t input) {
  for (const Entity& entity : result.entities) {
    MARTLET_RETURN_IF_ERROR(session.write(std::array<ResultValue, 6>{
        input,
        std::string_view(entity.label),
        entity.score,
        std::string_view(entity.word),
        std::int64_t{entity.characters.begin},
        std::int64_t{entity.characters.end},
    }));
  }
  return {};
}

/// "PER Ada Lovelace 0.99 · LOC London 0.98  Ada Lovelace lived in London"
Status write_for_eyes(RunSession& session, const TokenClassification& result) {
  std::string line;
  for (const Entity& entity : result.entities) {
    if (!line.empty()) line += " · ";
    line += printable(fmt::format("{} {} {:.2f}", entity.label, entity.word, entity.score));
  }
  if (line.empty()) line = "-";
  line += "  ";
  const std::size_t columns = columns_of(line);
  return session.write_line(std::move(line), columns);
}

}  // namespace

Status find_entities(const RunFlags& flags, RunSession& session) {
  TokenClassificationOptions options;
  options.encoder = flags.encoder;
  options.entities = flags.entities;
  options.max_length = flags.max_length;
  options.stride = flags.stride;
  const auto pipeline = TokenClassificationPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  if (!session.is_for_eyes())
    MARTLET_RETURN_IF_ERROR(session.start_table(columns_for(flags.format)));

  std::int64_t input = 0;
  const auto write = [&](const TokenClassification& result) -> Status {
    if (session.is_for_eyes()) return write_for_eyes(session, result);
    if (flags.format == OutputFormat::kJsonl) return write_json(session, result);
    return write_rows(session, result, input++);
  };
  const auto sink = [&](std::span<const TokenClassification> results) -> Status {
    for (const TokenClassification& result : results) {
      MARTLET_RETURN_IF_ERROR(write(result));
      session.count(result.truncated);
    }
    return session.flush();
  };
  return pipeline->stream(session.source(), sink, {.plan = flags.plan});
}

}  // namespace martlet::cli
