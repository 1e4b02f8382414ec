#include "bench_flags.h"

#include <charconv>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "engine_settings.h"
#include "engines/registry.h"

namespace martlet::cli {
namespace {

void add_model_flags(
    CLI::App& app, BenchFlags& flags, std::string& adapter, std::vector<std::string>& settings
) {
  app.add_option("MODEL", flags.model, "Model directory, as save_pretrained writes it, or a graph")
      ->required();
  app.add_option("--engine", flags.encoder.engine, "What computes (native); see martlet engines")
      ->check(CLI::IsMember(engine_names()))
      ->option_text("NAME");
  add_setting_flag(app, settings);
  app.add_option("--precision", flags.encoder.precision, "auto, fp32, bf16 or int8 (auto)")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "int8"}))
      ->option_text("NAME");
  app.add_option(
         "--threads", flags.encoder.threads, "Threads; 0: as many as this process may use (0)"
  )
      ->check(CLI::Range(0, 4096))
      ->option_text("N");
  app.add_option("--adapter", adapter, "LoRA adapter directory, merged while loading")
      ->option_text("DIR");
}

void add_shape_flags(CLI::App& app, BenchFlags& flags, std::vector<std::string>& shapes) {
  app.add_option("--batch", flags.batch, "Sequences of a run (1)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  app.add_option("--seq", flags.seq, "Tokens of a sequence, special tokens included (128)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  app.add_option("--seconds", flags.seconds, "How long to measure (3)")
      ->check(CLI::Range(0.01, 86400.0))
      ->option_text("T");
  app.add_option(
         "--shape", shapes,
         "Shape of a graph's input, 1x3x224x224 or NAME=1x128; repeatable: tensors instead of "
         "tokens"
  )
      ->allow_extra_args(false)
      ->excludes("--batch")
      ->excludes("--seq")
      ->option_text("SHAPE");
  app.add_option("--runs", flags.runs, "Tensors: how many runs to measure, whatever --seconds")
      ->check(CLI::Range(1, 100'000'000))
      ->option_text("N");
  app.add_flag("--profile", flags.profile, "Also show where the time of a forward pass goes");
}

void add_dataset_flags(CLI::App& app, BenchFlags& flags, std::string& plan) {
  app.add_option(
         "--dataset", flags.dataset, "Measure the texts of FILE instead, from text to result"
  )
      ->excludes("--batch")
      ->excludes("--seq")
      ->excludes("--seconds")
      ->excludes("--profile")
      ->excludes("--shape")
      ->excludes("--runs")
      ->option_text("FILE");
  const auto add = [&](const char* name, auto& value, const char* text) {
    return app.add_option(name, value, text)->needs("--dataset");
  };
  add("--column", flags.column, "Column of the text; else 'text', 'sentence' or the only one")
      ->option_text("NAME");
  add("--label-column", flags.label_column, "Column of the right label, by name or number")
      ->option_text("NAME");
  add("--plan", plan, "How texts form batches: serial, parallel or grouped (grouped)")
      ->option_text("NAME");
  add("--batch-tokens", flags.plan.batch_tokens, "Tokens of a batch, at most (2048)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
}

Status bad_shape(std::string_view word) {
  return error(
      StatusCode::kInvalidArgument, "shape", "got '{}', expected sides as in 1x3x224x224", word
  );
}

/// "1x3x224x224", or with a name and = before it.
Status parse_shape(std::string_view word, BenchFlags& flags) {
  const std::size_t equals = word.rfind('=');
  const std::string name(equals == std::string_view::npos ? "" : word.substr(0, equals));
  std::string_view sides = equals == std::string_view::npos ? word : word.substr(equals + 1);
  std::vector<std::int64_t> shape;
  while (true) {
    std::int64_t side = 0;
    const auto [end, failure] = std::from_chars(sides.data(), sides.data() + sides.size(), side);
    if (failure != std::errc() || side < 1) return bad_shape(word);
    shape.push_back(side);
    sides.remove_prefix(static_cast<std::size_t>(end - sides.data()));
    if (sides.empty()) break;
    if (!sides.starts_with('x')) return bad_shape(word);
    sides.remove_prefix(1);
  }
  flags.shapes[name] = std::move(shape);
  return {};
}

}  // namespace

Result<bool> parse_bench_flags(Arguments arguments, CommandLine& line, BenchFlags& flags) {
  std::string adapter;
  std::string plan = "grouped";
  std::vector<std::string> words;
  std::vector<std::string> shapes;
  add_model_flags(line.app(), flags, adapter, words);
  add_shape_flags(line.app(), flags, shapes);
  add_dataset_flags(line.app(), flags, plan);
  line.app()
      .add_option("--json", flags.json, "Write one JSON object to FILE; - is stdout")
      ->option_text("FILE");
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted;
  for (const std::string& shape : shapes) MARTLET_RETURN_IF_ERROR(parse_shape(shape, flags));
  flags.encoder.adapter = adapter;
  auto settings = parse_settings(words);
  if (!settings) return settings.error();
  flags.encoder.settings = *std::move(settings);
  flags.plan.threads = flags.encoder.threads;
  const auto order = parse_order(plan);
  if (!order) return order.error();
  flags.plan.order = *order;
  return true;
}

}  // namespace martlet::cli
