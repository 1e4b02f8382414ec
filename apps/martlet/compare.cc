// Sentence similarity for `martlet run`.
#include "core/error.h"
#include "martlet/embedding.h"
#include "score_lines.h"
#include "tasks.h"

namespace martlet::cli {

Status compare(const RunFlags& flags, RunSession& session) {
  MARTLET_RETURN_IF_ERROR(expect_pairs(flags, "similarity"));
  EmbeddingOptions options;
  options.encoder = flags.encoder;
  options.max_length = flags.max_length;
  const auto pipeline = EmbeddingPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  MARTLET_RETURN_IF_ERROR(start_scores(flags, session, "similarity"));
  const auto sink = [&](std::span<const Similarity> results) -> Status {
    for (const Similarity& result : results) {
      MARTLET_RETURN_IF_ERROR(write_score(flags, session, result.cosine, result.truncated));
      session.count(result.truncated);
    }
    return session.flush();
  };
  return pipeline->stream_similarity(session.source(), sink, {.plan = flags.plan});
}

}  // namespace martlet::cli
