// Text classification for `martlet run`.
#include <algorithm>
#include <span>

#include "classification_table.h"
#include "core/error.h"
#include "label_lines.h"
#include "martlet/text_classification.h"
#include "tasks.h"

namespace martlet::cli {
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
