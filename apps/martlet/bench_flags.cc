#include "bench_flags.h"

#include <vector>

#include "engine_settings.h"
#include "engines/registry.h"

namespace martlet::cli {
namespace {

void add_model_flags(
    CLI::App& app, BenchFlags& flags, std::string& adapter, std::vector<std::string>& settings
) {
  app.add_option("MODEL", flags.model, "Model directory, as save_pretrained writes it")->required();
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

void add_shape_flags(CLI::App& app, BenchFlags& flags) {
  app.add_option("--batch", flags.batch, "Sequences of a run (1)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  app.add_option("--seq", flags.seq, "Tokens of a sequence, special tokens included (128)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  app.add_option("--seconds", flags.seconds, "How long to measure (3)")
      ->check(CLI::Range(0.01, 86400.0))
      ->option_text("T");
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

}  // namespace

Result<bool> parse_bench_flags(Arguments arguments, CommandLine& line, BenchFlags& flags) {
  std::string adapter;
  std::string plan = "grouped";
  std::vector<std::string> words;
  add_model_flags(line.app(), flags, adapter, words);
  add_shape_flags(line.app(), flags);
  add_dataset_flags(line.app(), flags, plan);
  line.app()
      .add_option("--json", flags.json, "Write one JSON object to FILE; - is stdout")
      ->option_text("FILE");
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted;
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
