// martlet bench: how fast a model runs on this machine.
#include <chrono>
#include <string_view>

#include "bench/dataset_bench.h"
#include "bench/shape_bench.h"
#include "bench/tensor_bench.h"
#include "bench_diff.h"
#include "bench_flags.h"
#include "bench_report.h"
#include "bench_serve.h"
#include "command_line.h"
#include "engines/graph_options.h"
#include "formats/graph_file.h"
#include "formats/hf_config.h"
#include "precision_note.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

std::chrono::nanoseconds duration_of(const BenchFlags& flags) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(flags.seconds)
  );
}

/// A graph that says nothing of tokens, or whose inputs were given shapes.
bool takes_tensors(const BenchFlags& flags) {
  if (!flags.shapes.empty() || flags.runs > 0) return true;
  return is_graph_file(flags.model) && !load_hf_config(flags.model);
}

Status bench_tensors(const BenchFlags& flags) {
  auto executor = graph_executor_options(flags.encoder);
  if (!executor) return executor.error();
  SteadyClock clock;
  const auto report = run_tensor_bench(
      flags.model,
      {.executor = *std::move(executor),
       .shapes = flags.shapes,
       .duration = duration_of(flags),
       .runs = flags.runs},
      clock
  );
  if (!report) return report.error();
  return write_report(flags, as_json(flags, *report), as_text(*report));
}

Status bench_shape(const BenchFlags& flags) {
  ShapeBenchOptions options{
      .encoder = flags.encoder, .batch = flags.batch, .seq = flags.seq, .profile = flags.profile
  };
  options.duration = duration_of(flags);
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
  if (!arguments.empty() && std::string_view(arguments.front()) == "diff")
    return bench_diff(arguments.subspan(1));
  CommandLine line({
      .verb = "bench",
      .arguments = "MODEL",
      .summary = "Measures how fast a model answers batches of one shape, from random token ids to "
                 "results, in\nturn with the multiply-add peak of this machine; or how fast it "
                 "answers the texts "
                 "of a file; or how fast a graph answers tensors.\nmartlet bench serve URL "
                 "measures a running server, martlet bench diff BEFORE AFTER compares two records "
                 "of\n./dev bench; see their --help.",
      .examples =
          "  martlet bench build/models/minilm-sst2 --seq 16\n"
          "  martlet bench build/models/minilm-sst2 --precision int8 --batch 32 --seq 16 "
          "--profile\n"
          "  martlet bench MODEL --threads 2 --seconds 10 --json -\n"
          "  martlet bench MODEL --dataset reviews.csv --column review --label-column "
          "label\n"
          "  martlet bench resnet18.onnx --engine onnxruntime --shape 1x3x224x224 --runs 10000\n",
  });
  BenchFlags flags;
  const Result<bool> wanted = parse_bench_flags(arguments, line, flags);
  if (!wanted || !*wanted) return wanted.status();
  if (takes_tensors(flags)) return bench_tensors(flags);
  note_unusable_record(flags.model, flags.encoder);
  return flags.dataset.empty() ? bench_shape(flags) : bench_dataset(flags);
}

}  // namespace martlet::cli
