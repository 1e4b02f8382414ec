// martlet run: texts in, labels or embeddings out.
#include "command_line.h"
#include "core/error.h"
#include "precision_note.h"
#include "run_flags.h"
#include "run_session.h"
#include "task.h"
#include "tasks.h"
#include "verbs.h"

namespace martlet::cli {

Status run(Arguments arguments) {
  CommandLine line({
      .verb = "run",
      .arguments = "MODEL [TEXT...]",
      .summary = "Classifies or embeds texts. They come from the command line, from --input, or "
                 "from stdin,\n"
                 "one per line; results go out in the same order.",
      .examples =
          "  martlet run build/models/minilm-sst2 \"a gripping, beautiful film\"\n"
          "  martlet run build/models/minilm-sst2 --input reviews.csv --column review --output "
          "labels.jsonl\n"
          "  cat reviews.txt | martlet run build/models/minilm-sst2 --format jsonl\n"
          "  martlet run MODEL --task embedding --input texts.parquet --output vectors.parquet\n",
  });
  RunFlags flags;
  const Result<bool> wanted = parse_run_flags(arguments, line, flags);
  if (!wanted || !*wanted) return wanted.status();
  auto session = RunSession::open(flags, line.texts());
  if (!session) return session.error();
  const auto task = choose_task(flags.task, flags.model, flags.encoder.adapter);
  if (!task) return task.error();
  note_unusable_record(flags.model, flags.encoder);
  MARTLET_RETURN_IF_ERROR(
      *task == Task::kTextClassification ? classify(flags, **session) : embed(flags, **session)
  );
  return (*session)->finish();
}

}  // namespace martlet::cli
