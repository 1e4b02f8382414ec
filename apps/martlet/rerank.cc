// Reranking for `martlet run`: a score for every pair, or each query's best documents.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "martlet/rerank.h"
#include "score_lines.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

Status score_pairs(const RunFlags& flags, RunSession& session, const RerankPipeline& pipeline) {
  MARTLET_RETURN_IF_ERROR(start_scores(flags, session, "score"));
  const auto sink = [&](std::span<const Relevance> results) -> Status {
    for (const Relevance& result : results) {
      MARTLET_RETURN_IF_ERROR(write_score(flags, session, result.score, result.truncated));
      session.count(result.truncated);
    }
    return session.flush();
  };
  return pipeline.stream(session.source(), sink, {.plan = flags.plan});
}

/// Rows of one query, one after the other, are a ranking. Holds the rows of one query.
class Ranking {
 public:
  Ranking(const RunFlags& flags, RunSession& session)
      : session_(session), top_k_(static_cast<std::size_t>(*flags.top_k)) {}

  Status start() {
    if (session_.is_for_eyes()) return {};
    return session_.start_table(
        {{.name = "input", .kind = ColumnKind::kInteger},
         {.name = "score", .kind = ColumnKind::kFloat}}
    );
  }

  /// The session's rows; notes where another query begins.
  TextSource source() {
    return [this, from = session_.source()](TextBlock& block) -> Status {
      const std::size_t before = block.size();
      MARTLET_RETURN_IF_ERROR(from(block));
      for (std::size_t row = before; row < block.size(); ++row) {
        begins_.push_back(query_ != block[row].first);
        query_ = block[row].first;
      }
      return {};
    };
  }

  Status add(const Relevance& result) {
    if (begins_.front()) MARTLET_RETURN_IF_ERROR(write());
    begins_.pop_front();
    documents_.push_back(
        {input_++, result.score, session_.is_for_eyes() ? session_.take_text() : ""}
    );
    session_.count(result.truncated);
    return {};
  }

  /// The documents of the query that has ended, best first.
  Status write() {
    const std::size_t shown = top_k_ == 0 ? documents_.size() : std::min(top_k_, documents_.size());
    const auto end = documents_.begin() + static_cast<std::ptrdiff_t>(shown);
    std::partial_sort(
        documents_.begin(), end, documents_.end(),
        [](const Document& a, const Document& b) {
          return a.score > b.score || (a.score == b.score && a.input < b.input);
        }
    );
    for (const Document& document : std::span(documents_).first(shown))
      MARTLET_RETURN_IF_ERROR(write(document));
    documents_.clear();
    return session_.flush();
  }

 private:
  struct Document {
    std::int64_t input = 0;  // which row, counted from 0
    float score = 0;
    std::string text;  // only for eyes
  };

  Status write(const Document& document) {
    if (!session_.is_for_eyes())
      return session_.write(std::array<ResultValue, 2>{document.input, document.score});
    std::string line = fmt::format("{:7.4f}  ", document.score);
    const std::size_t columns = line.size();
    return session_.write_line(std::move(line), columns, document.text);
  }

  RunSession& session_;
  std::size_t top_k_;
  std::optional<std::string> query_;  // of the row that was read last
  std::deque<bool> begins_;           // rows whose results are to come: another query than before
  std::vector<Document> documents_;
  std::int64_t input_ = 0;
};

Status rank_documents(const RunFlags& flags, RunSession& session, const RerankPipeline& pipeline) {
  Ranking ranking(flags, session);
  MARTLET_RETURN_IF_ERROR(ranking.start());
  const auto sink = [&](std::span<const Relevance> results) -> Status {
    for (const Relevance& result : results) MARTLET_RETURN_IF_ERROR(ranking.add(result));
    return {};
  };
  MARTLET_RETURN_IF_ERROR(pipeline.stream(ranking.source(), sink, {.plan = flags.plan}));
  return ranking.write();
}

}  // namespace

Status rerank(const RunFlags& flags, RunSession& session) {
  MARTLET_RETURN_IF_ERROR(expect_pairs(flags, "rerank"));
  RerankOptions options;
  options.encoder = flags.encoder;
  options.max_length = flags.max_length;
  const auto pipeline = RerankPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  return flags.top_k ? rank_documents(flags, session, *pipeline)
                     : score_pairs(flags, session, *pipeline);
}

}  // namespace martlet::cli
