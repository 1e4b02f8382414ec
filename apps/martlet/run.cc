// martlet run: texts in, labels, entities, scores or embeddings out.
#include "command_line.h"
#include "core/error.h"
#include "image_files.h"
#include "precision_note.h"
#include "run_flags.h"
#include "run_session.h"
#include "tasks.h"
#include "verbs.h"

namespace martlet::cli {

Status run(Arguments arguments) {
  CommandLine line({
      .verb = "run",
      .arguments = "MODEL [TEXT...]",
      .summary =
          "Classifies texts, finds entities in them, compares or embeds them; classifies images. "
          "They come\n"
          "from the command line, from --input, or from stdin, one per line (images: their paths); "
          "results go\nout in the same order.",
      .examples =
          "  martlet run build/models/minilm-sst2 \"a gripping, beautiful film\"\n"
          "  martlet run build/models/minilm-sst2 --input reviews.csv --column review --output "
          "labels.jsonl\n"
          "  cat reviews.txt | martlet run build/models/minilm-sst2 --format jsonl\n"
          "  martlet run MODEL --task embedding --input texts.parquet --output vectors.parquet\n"
          "  martlet run RERANKER --task rerank --query \"how do swifts sleep?\" --input "
          "documents.txt --top-k 3\n"
          "  martlet run NLI --task zero-shot-classification --candidate-labels sports,politics "
          "\"who won?\"\n"
          "  martlet run resnet/model.onnx --top-k 5 photo.jpg folder/\n",
  });
  RunFlags flags;
  const Result<bool> wanted = parse_run_flags(arguments, line, flags);
  if (!wanted || !*wanted) return wanted.status();
  const auto task = choose_task(flags.task, flags.model, flags.encoder.adapter);
  if (!task) return task.error();
  const auto texts = (*task)->images ? list_images(line.texts()) : line.texts();
  if (!texts) return texts.error();
  auto session = RunSession::open(flags, *texts);
  if (!session) return session.error();
  note_unusable_record(flags.model, flags.encoder);
  MARTLET_RETURN_IF_ERROR((*task)->run(flags, **session));
  return (*session)->finish();
}

}  // namespace martlet::cli
