// martlet bench: how fast a model runs on this machine.
#include <chrono>
#include <string_view>

#include "bench/dataset_bench.h"
#include "bench/shape_bench.h"
#include "bench_flags.h"
#include "bench_report.h"
#include "bench_serve.h"
#include "command_line.h"
#include "precision_note.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

Status bench_shape(const BenchFlags& flags) {
  ShapeBenchOptions options{
      .encoder = flags.encoder, .batch = flags.batch, .seq = flags.seq, .profile = flags.profile
  };
  options.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(flags.seconds)
  );
  SteadyClock clock;
  const auto report = run_shape_bench(flags.model, options, clock);
  if (!report) return report.error();
  return write_report(flags, as_json(flags, *report), as_text(*report));
}

Status bench_dataset(const BenchFlags& flags) {
  const auto dataset = load_dataset(flags.dataset, flags.column, flags.label_column);
  if (!dataset) return dataset.error();
  SteadyClock clock;
  const auto report = run_dataset_bench(
      flags.model, *dataset, {.encoder = flags.encoder, .plan = flags.plan}, clock
  );
  if (!report) return report.error();
  return write_report(flags, as_json(flags, *report), as_text(*report));
}

}  // namespace

Status bench(Arguments arguments) {
  if (!arguments.empty() && std::string_view(arguments.front()) == "serve")
    return bench_serve(arguments.subspan(1));
  CommandLine line({
      .verb = "bench",
      .arguments = "MODEL",
      .summary = "Measures how fast a model answers batches of one shape, from random token ids to "
                 "results, in\nturn with the multiply-add peak of this machine; or how fast it "
                 "answers the texts "
                 "of a file.\nmartlet bench serve URL measures a running server; see its --help.",
      .examples = "  martlet bench build/models/minilm-sst2 --seq 16\n"
                  "  martlet bench build/models/minilm-sst2 --precision int8 --batch 32 --seq 16 "
                  "--profile\n"
                  "  martlet bench MODEL --threads 2 --seconds 10 --json -\n"
                  "  martlet bench MODEL --dataset reviews.csv --column review --label-column "
                  "label\n",
  });
  BenchFlags flags;
  const Result<bool> wanted = parse_bench_flags(arguments, line, flags);
  if (!wanted || !*wanted) return wanted.status();
  note_unusable_record(flags.model, flags.encoder);
  return flags.dataset.empty() ? bench_shape(flags) : bench_dataset(flags);
}

}  // namespace martlet::cli
