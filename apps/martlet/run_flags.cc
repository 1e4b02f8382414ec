#include "run_flags.h"

#include <vector>

#include "core/error.h"
#include "engine_settings.h"
#include "engines/registry.h"

namespace martlet::cli {
namespace {

/// Flags whose words become something else once they are parsed.
struct Words {
  std::string adapter;
  std::string format;
  std::string plan = "grouped";
  std::vector<std::string> settings;
};

void add_model_flags(CLI::App& app, RunFlags& flags, Words& words) {
  app.add_option("MODEL", flags.model, "Model directory, as save_pretrained writes it")->required();
  app.add_option(
         "--task", flags.task,
         "text-classification, embedding, or auto: what the model was trained for"
  )
      ->option_text("NAME");
  app.add_option("--adapter", words.adapter, "LoRA adapter directory, merged while loading")
      ->option_text("DIR");
  app.add_option(
         "--max-length", flags.max_length, "Cut texts to N tokens; 0: to what the model takes"
  )
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
}

void add_output_flags(CLI::App& app, RunFlags& flags, Words& words) {
  app.add_option(
         "--output,-o", flags.output, "Write results to FILE, whole or not at all; - is stdout"
  )
      ->option_text("FILE");
  app.add_option("--format", words.format, "text, jsonl, csv or parquet; else by FILE's extension")
      ->option_text("NAME");
  app.add_option("--top-k", flags.top_k, "Show the best N labels, not only the first; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
}

void add_speed_flags(CLI::App& app, RunFlags& flags, Words& words) {
  app.add_option("--engine", flags.encoder.engine, "What computes (native); see martlet engines")
      ->check(CLI::IsMember(engine_names()))
      ->option_text("NAME");
  add_setting_flag(app, words.settings);
  app.add_option("--precision", flags.encoder.precision, "fp32, bf16, int8 or auto (auto)")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "int8"}))
      ->option_text("NAME");
  app.add_option(
         "--threads", flags.encoder.threads, "Threads; 0: as many as this process may use (0)"
  )
      ->check(CLI::Range(0, 4096))
      ->option_text("N");
  app.add_option("--batch-tokens", flags.plan.batch_tokens, "Tokens of a batch, at most (2048)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  app.add_option(
         "--plan", words.plan,
         "How texts form batches: serial, parallel or grouped by length (grouped)"
  )
      ->option_text("NAME");
}

Status understand(const Words& words, RunFlags& flags) {
  flags.encoder.adapter = words.adapter;
  auto settings = parse_settings(words.settings);
  if (!settings) return settings.error();
  flags.encoder.settings = *std::move(settings);
  flags.plan.threads = flags.encoder.threads;
  const auto order = parse_order(words.plan);
  if (!order) return order.error();
  flags.plan.order = *order;
  const auto format =
      words.format.empty() ? output_format_of(flags.output) : parse_output_format(words.format);
  if (!format) return format.error();
  flags.format = *format;
  return {};
}

}  // namespace

Result<bool> parse_run_flags(Arguments arguments, CommandLine& line, RunFlags& flags) {
  Words words;
  line.takes_texts();
  add_model_flags(line.app(), flags, words);
  add_input_options(line, flags.input);
  add_output_flags(line.app(), flags, words);
  add_speed_flags(line.app(), flags, words);
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted;
  MARTLET_RETURN_IF_ERROR(understand(words, flags));
  return true;
}

}  // namespace martlet::cli
