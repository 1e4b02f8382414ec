// `martlet inspect` for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "inspection.h"
#include "numbers.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

std::string line(std::string_view name, std::string_view value) {
  return fmt::format("{:<14}{}\n", name, printable(value));
}

std::string about_model(const ModelDirectory& directory) {
  const HfConfig& config = directory.config;
  const std::string sizes = fmt::format(
      "{} of hidden size {}, {} heads, intermediate size {}", config.layers, config.hidden_size,
      config.heads, config.intermediate_size
  );
  return line(
             "architecture",
             fmt::format("{} ({})", fmt::join(config.architectures, ", "), config.model_type)
         ) +
         line("layers", sizes) + line("max length", fmt::format("{} tokens", directory.max_length));
}

std::string about_task(const Inspection& inspection) {
  std::string text = line("task", inspection.task);
  if (!inspection.directory) return text;
  const ModelDirectory& directory = *inspection.directory;
  if (inspection.task.ends_with("classification")) {
    text += line("labels", fmt::format("{}", fmt::join(directory.config.labels, ", ")));
  } else {
    text += line(
        "pooling",
        fmt::format(
            "{}{}", pooling_name(directory.pooling), directory.normalize ? ", normalized" : ""
        )
    );
  }
  return text;
}

std::string about_tokenizer(const Result<TokenizerFacts>& tokenizer) {
  if (!tokenizer) return line("tokenizer", "no: " + tokenizer.error().message());
  return line(
      "tokenizer",
      fmt::format(
          "{} tokens, around a text: {}",
          with_commas(static_cast<std::uint64_t>(tokenizer->vocab_size)), tokenizer->around_text
      )
  );
}

std::string about_weights(const WeightFacts& weights, bool with_tensors) {
  std::string types;
  for (const auto& [dtype, count] : weights.dtypes) {
    types += fmt::format("{}{} {}", types.empty() ? "" : ", ", count, dtype);
  }
  std::string text = line(
      "weights",
      fmt::format(
          "{} tensors ({}), {} parameters, {}", weights.tensors.size(), types,
          with_commas(static_cast<std::uint64_t>(weights.parameters)), megabytes(weights.bytes)
      )
  );
  if (!with_tensors) return text;
  for (const TensorFacts& tensor : weights.tensors) {
    text += fmt::format(
        "  {:<5} {:<14} {}\n", tensor.dtype, fmt::format("{}", fmt::join(tensor.shape, " x ")),
        printable(tensor.name)
    );
  }
  return text;
}

std::string about_engines(const std::vector<EngineFacts>& engines) {
  std::string text = "engines\n";
  for (const EngineFacts& engine : engines) {
    const std::string answer =
        engine.info ? fmt::format("yes, {} on {}", engine.info->precision, engine.info->isa)
                    : "no: " + printable(engine.info.error().message());
    text += fmt::format("  {:<12}{}\n", engine.name, answer);
  }
  return text;
}

std::string about_files(const std::vector<FileFacts>& files) {
  std::string text = "files\n";
  for (const FileFacts& file : files) {
    text += fmt::format(
        "  {:>14}  {}{}{}\n", with_commas(file.bytes), file.sha256, file.sha256.empty() ? "" : "  ",
        printable(file.name)
    );
  }
  return text;
}

}  // namespace

std::string_view pooling_name(OutputKind pooling) {
  switch (pooling) {
    case OutputKind::kCls:
      return "cls";
    case OutputKind::kMean:
      return "mean";
    case OutputKind::kMax:
      return "max";
    default:
      return "pooler";
  }
}

std::string as_text(const Inspection& inspection, bool with_tensors) {
  const auto& directory = inspection.directory;
  return line("model", inspection.model) +
         (directory ? about_model(*directory)
                    : line("architecture", "no: " + directory.error().message())) +
         about_task(inspection) + about_tokenizer(inspection.tokenizer) +
         about_weights(inspection.weights, with_tensors) + about_engines(inspection.engines) +
         about_files(inspection.files);
}

}  // namespace martlet::cli
