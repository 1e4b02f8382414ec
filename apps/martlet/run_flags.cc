#include "run_flags.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"
#include "engine_settings.h"
#include "engines/registry.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

/// Flags whose words become something else once they are parsed.
struct Words {
  std::string adapter;
  std::string format;
  std::string plan = "grouped";
  std::string aggregation{to_string(EntityOptions().aggregation)};
  std::string candidate_labels;
  std::string preprocess;
  std::vector<std::string> settings;
};

void add_model_flags(CLI::App& app, RunFlags& flags, Words& words) {
  app.add_option("MODEL", flags.model, "Model directory, as save_pretrained writes it")->required();
  app.add_option("--task", flags.task, task_names() + ", or auto: what the model was trained for")
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
  app.add_option(
         "--top-k", flags.top_k,
         "The best N labels, not only the first, or the best N of a query's documents; 0: all"
  )
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
}

void add_task_flags(CLI::App& app, RunFlags& flags, Words& words) {
  app.add_option(
         "--aggregation", words.aggregation,
         "token-classification: what becomes of tokens: none, simple, first, average or max "
         "(simple)"
  )
      ->option_text("NAME");
  app.add_option(
         "--ignore-labels", flags.entities.ignore_labels,
         "token-classification: labels that are left out (O)"
  )
      ->delimiter(',')
      ->option_text("A,B");
  app.add_option(
         "--stride", flags.stride,
         "token-classification: read long texts in windows that share N tokens; else they are cut"
  )
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
  app.add_option(
         "--candidate-labels", words.candidate_labels,
         "zero-shot-classification: the classes to choose from"
  )
      ->option_text("A,B");
  app.add_option(
         "--hypothesis-template", flags.candidates.hypothesis_template,
         "zero-shot-classification: what to ask of a text (This example is {}.)"
  )
      ->option_text("TEXT");
  app.add_flag(
      "--multi-label", flags.candidates.multi_label,
      "zero-shot-classification: any number of labels may be true"
  );
  app.add_option(
         "--preprocess", words.preprocess,
         "image-classification: JSON, or a file of it, that comes before preprocessor_config.json"
  )
      ->option_text("JSON");
  app.add_option("--query", flags.query, "rerank, similarity: what every text is held against")
      ->option_text("TEXT");
}

/// "a, b" without the spaces around its parts; empty parts are left out.
std::vector<std::string> split_labels(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    std::string_view label = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), label.size() + 1));
    const std::size_t begin = label.find_first_not_of(" \t");
    if (begin == std::string_view::npos) continue;
    labels.emplace_back(label.substr(begin, label.find_last_not_of(" \t") + 1 - begin));
  }
  return labels;
}

/// The words themselves where they are an object, else what is in the file of that name.
Result<std::string> json_or_file(const std::string& words) {
  if (words.empty() || words.starts_with('{')) return words;
  const auto file = MappedFile::open(words);
  if (!file) return file.error();
  return std::string(file->text());
}

Status understand_tasks(const Words& words, RunFlags& flags) {
  auto preprocess = json_or_file(words.preprocess);
  if (!preprocess) return preprocess.error();
  flags.preprocess = *std::move(preprocess);
  const auto aggregation = parse_aggregation(words.aggregation);
  if (!aggregation) return aggregation.error();
  flags.entities.aggregation = *aggregation;
  flags.candidates.labels = split_labels(words.candidate_labels);
  if (flags.query.empty() || flags.input.columns.pair.empty()) return {};
  return error(
      StatusCode::kInvalidArgument, "run",
      "got a query and a column of second texts, expected one of them"
  );
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
  return understand_tasks(words, flags);
}

}  // namespace

Result<bool> parse_run_flags(Arguments arguments, CommandLine& line, RunFlags& flags) {
  Words words;
  line.takes_texts();
  add_model_flags(line.app(), flags, words);
  add_input_options(line, flags.input);
  add_output_flags(line.app(), flags, words);
  add_task_flags(line.app(), flags, words);
  add_speed_flags(line.app(), flags, words);
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted;
  MARTLET_RETURN_IF_ERROR(understand(words, flags));
  return true;
}

}  // namespace martlet::cli
