// martlet calibrate: which precision of a model is fast and still right, measured on real text.
#include "calibration/calibrate.h"

#include <fmt/format.h>

#include <string>

#include "calibration/built_in_texts.h"
#include "command_line.h"
#include "console.h"
#include "core/error.h"
#include "formats/atomic_file.h"
#include "formats/model_directory.h"
#include "formats/model_hash.h"
#include "formats/precision_record.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

struct CalibrateFlags {
  std::string model;
  std::string data;  // empty: the built-in texts
  std::string column;
  std::string label_column;
  std::string output;  // empty: martlet.json beside the model, or beside the adapter
  std::string adapter;
  bool json = false;
  CalibrationOptions options;
};

Result<bool> parse_flags(Arguments arguments, CommandLine& line, CalibrateFlags& flags) {
  CLI::App& app = line.app();
  app.add_option("MODEL", flags.model, "Model directory, as save_pretrained writes it")->required();
  app.add_option("--adapter", flags.adapter, "LoRA adapter directory, merged while loading")
      ->option_text("DIR");
  app.add_option("--data", flags.data, "Texts to measure with; else about a thousand built-in ones")
      ->option_text("FILE");
  app.add_option("--column", flags.column, "Column of the text in FILE")
      ->needs("--data")
      ->option_text("NAME");
  app.add_option("--label-column", flags.label_column, "Column of the right label, name or number")
      ->needs("--data")
      ->option_text("NAME");
  app.add_option("--threads", flags.options.threads, "Threads; 0: as many as this process may use")
      ->check(CLI::Range(0, 4096))
      ->option_text("N");
  app.add_option("--output,-o", flags.output, "Write the record to FILE, not beside the model")
      ->option_text("FILE");
  app.add_flag("--json", flags.json, "Also print the record, instead of a table");
  const Result<bool> wanted = line.parse(arguments);
  flags.options.adapter = flags.adapter;
  return wanted;
}

std::string share(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}%", 100 * *value) : "-";
}

std::string layers_of(const PrecisionCheck& check) {
  std::string others;
  for (std::size_t i = 0; i < check.layers.size(); ++i) {
    if (check.layers[i] != check.precision)
      others += fmt::format("{}{} {}", others.empty() ? "" : ", ", i, check.layers[i]);
  }
  return others.empty() ? "" : fmt::format("  (layers {})", others);
}

std::string as_text(const PrecisionLevel& level, const std::string& data, std::size_t texts) {
  std::string text = fmt::format(
      "{} texts ({}) on {}, {}\n\n  {:<9} {:>9}  {:>7} {:>8} {:>10} {:>10} {:>9} {:>9}\n", texts,
      data, level.isa, level.cpu, "precision", "ms", "passed", "labels", "accuracy", "max logit",
      "mean cos", "min cos"
  );
  for (const PrecisionCheck& check : level.checks) {
    text += fmt::format(
        "  {:<9} {:>9.3f}  {:>7} {:>8} {:>10} {:>10} {:>9.5f} {:>9.5f}{}\n", check.precision,
        check.ms, check.passed ? "yes" : "no", share(check.label_agreement), share(check.accuracy),
        check.max_logit_error ? fmt::format("{:.4f}", *check.max_logit_error) : "-",
        check.mean_cosine, check.min_cosine, layers_of(check)
    );
  }
  return text + fmt::format("\n--precision auto takes {} here\n", level.choice);
}

/// Levels measured before stay, if it was on this model.
PrecisionRecord with_older_levels(
    PrecisionRecord record, const std::filesystem::path& path, PrecisionLevel level
) {
  const auto before = read_precision_record(path);
  if (before && before->model_sha256 == record.model_sha256) {
    for (const PrecisionLevel& older : before->levels) {
      if (older.isa != level.isa || older.cpu != level.cpu) record.levels.push_back(older);
    }
  }
  record.levels.push_back(std::move(level));
  return record;
}

struct Target {
  std::filesystem::path path;
  AtomicFile file;
};

/// The record's file, opened before the work, which would be lost. Beside the model where that can
/// be written, else in the user's cache, with a word about it.
Result<Target> open_target(
    const CalibrateFlags& flags, const std::filesystem::path& transformer, const std::string& stamp
) {
  const std::filesystem::path beside = record_path(transformer, flags.options.adapter);
  const std::filesystem::path path =
      flags.output.empty() ? beside : std::filesystem::path(flags.output);
  auto file = AtomicFile::open(path);
  if (file) return Target{path, std::move(*file)};
  const std::filesystem::path cached = cached_record_path(stamp);
  if (!flags.output.empty() || cached.empty() || file.error().code() != StatusCode::kIo)
    return file.error();
  std::error_code failure;  // opening the file says it better
  std::filesystem::create_directories(cached.parent_path(), failure);
  auto fallback = AtomicFile::open(cached);
  if (!fallback) return file.error();
  print_note(fmt::format("{}; the record goes to {}", file.error().message(), cached.native()));
  return Target{cached, std::move(*fallback)};
}

Status calibrate_model(const CalibrateFlags& flags) {
  const auto directory = load_model_directory(flags.model);
  if (!directory) return directory.error();
  const std::filesystem::path& adapter = flags.options.adapter;
  const auto stamp = model_stamp(directory->transformer, adapter);
  if (!stamp) return stamp.error();
  auto target = open_target(flags, directory->transformer, *stamp);
  if (!target) return target.error();
  const auto dataset = flags.data.empty()
                           ? Result<Dataset>(built_in_texts())
                           : load_dataset(flags.data, flags.column, flags.label_column);
  if (!dataset) return dataset.error();
  const auto hash = model_hash(directory->transformer, adapter);
  if (!hash) return hash.error();
  SteadyClock clock;
  auto level = martlet::calibrate(flags.model, *dataset, flags.options, clock);
  if (!level) return level.error();

  const std::string data = flags.data.empty() ? "built-in" : flags.data;
  const std::string table = as_text(*level, data, dataset->texts.size());
  const PrecisionRecord record = with_older_levels(
      {.version = MARTLET_VERSION,
       .model_sha256 = *hash,
       .model_stamp = *stamp,
       .data = data,
       .texts = static_cast<std::int64_t>(dataset->texts.size()),
       .levels = {}},
      target->path, std::move(*level)
  );
  const std::string json = to_json(record);
  MARTLET_RETURN_IF_ERROR(target->file.write(json));
  MARTLET_RETURN_IF_ERROR(target->file.commit());
  return print(flags.json ? json : table + fmt::format("written to {}\n", target->path.native()));
}

}  // namespace

Status calibrate(Arguments arguments) {
  CommandLine line({
      .verb = "calibrate",
      .arguments = "MODEL",
      .summary = "Compares bf16 and int8 with fp32 on real text, lets layers that int8 hurts fall "
                 "back, and\nwrites the fastest precision that held beside the model, where "
                 "--precision auto finds it.",
      .examples = "  martlet calibrate build/models/minilm-sst2\n"
                  "  martlet calibrate MODEL --data reviews.csv --column review --label-column "
                  "label\n",
  });
  CalibrateFlags flags;
  const Result<bool> wanted = parse_flags(arguments, line, flags);
  if (!wanted || !*wanted) return wanted.status();
  return calibrate_model(flags);
}

}  // namespace martlet::cli
