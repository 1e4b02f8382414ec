#include "bench/dataset_bench.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "core/cpu.h"
#include "core/error.h"
#include "formats/model_directory.h"
#include "martlet/embedding.h"
#include "martlet/text_classification.h"
#include "martlet/tokenizer.h"
#include "rows/text_reader.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "bench";
constexpr std::size_t kNaturalBatch = 32;
/// Texts that are run before the clock starts.
constexpr std::size_t kWarmUpTexts = 256;

using Texts = std::vector<std::string_view>;

/// The two pipelines behind one call: runs `texts` and leaves what was answered.
class Answerer {
 public:
  static Result<Answerer> load(
      const std::filesystem::path& model, bool classifies, const EncoderOptions& encoder
  ) {
    Answerer answerer;
    if (classifies) {
      TextClassificationOptions options;
      options.encoder = encoder;
      auto pipeline = TextClassificationPipeline::load(model, options);
      if (!pipeline) return pipeline.error();
      answerer.classification_.emplace(std::move(*pipeline));
    } else {
      EmbeddingOptions options;
      options.encoder = encoder;
      auto pipeline = EmbeddingPipeline::load(model, options);
      if (!pipeline) return pipeline.error();
      answerer.embedding_.emplace(std::move(*pipeline));
    }
    return answerer;
  }

  [[nodiscard]] const EncoderInfo& info() const {
    return classification_ ? classification_->info() : embedding_->info();
  }

  /// The answers are labels, or nothing for embeddings.
  Result<std::vector<Classification>> run(
      std::span<const std::string_view> texts, const BatchPlan& plan
  ) const {
    if (classification_) return classification_->run(texts, plan);
    const auto embeddings = embedding_->run(texts, plan);
    if (!embeddings) return embeddings.error();
    return std::vector<Classification>();
  }

  [[nodiscard]] std::span<const std::string> labels() const {
    return classification_ ? classification_->labels() : std::span<const std::string>();
  }

 private:
  std::optional<TextClassificationPipeline> classification_;
  std::optional<EmbeddingPipeline> embedding_;
};

bool is_right(
    const Classification& answer, std::string_view label, std::span<const std::string> names
) {
  if (answer.label == label) return true;
  const auto name = std::ranges::find(names, answer.label);
  return label == std::to_string(name - names.begin());
}

double accuracy(
    const std::vector<Classification>& answers, const std::vector<std::string>& labels,
    std::span<const std::string> names
) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i)
    right += is_right(answers[i], labels[i], names) ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(answers.size());
}

/// Tokens of each text, cut as the pipelines cut them.
Result<std::vector<std::int32_t>> token_counts(
    const ModelDirectory& directory, bool classifies, const Texts& texts
) {
  const auto tokenizer = Tokenizer::load(directory.transformer);
  if (!tokenizer) return tokenizer.error();
  Encodings encodings;
  const std::int32_t limit = classifies ? directory.config.max_length() : directory.max_length;
  MARTLET_RETURN_IF_ERROR(tokenizer->encode(texts, {.max_length = limit}, encodings));
  std::vector<std::int32_t> counts(encodings.sequences());
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = encodings.starts[i + 1] - encodings.starts[i];
  return counts;
}

bool classifies_sequences(const HfConfig& config) {
  return std::ranges::any_of(config.architectures, [](const std::string& name) {
    return name.ends_with("ForSequenceClassification");
  });
}

}  // namespace

double padding_ratio(const std::vector<std::int32_t>& lengths, std::size_t batch) {
  double padded = 0;
  for (std::size_t begin = 0; begin < lengths.size(); begin += batch) {
    const std::size_t end = std::min(begin + batch, lengths.size());
    const auto longest = *std::max_element(
        lengths.begin() + static_cast<std::ptrdiff_t>(begin),
        lengths.begin() + static_cast<std::ptrdiff_t>(end)
    );
    padded += static_cast<double>(end - begin) * longest;
  }
  const double real = std::accumulate(lengths.begin(), lengths.end(), 0.0);
  return real > 0 ? padded / real : 1;
}

Result<Dataset> load_dataset(
    const std::filesystem::path& file, const std::string& column, const std::string& label_column
) {
  auto reader = open_text_reader(file, {.columns = {.text = column, .label = label_column}});
  if (!reader) return reader.error();
  Dataset dataset;
  TextRows rows;
  do {
    MARTLET_RETURN_IF_ERROR((*reader)->read(rows));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      dataset.texts.emplace_back(rows[i].text);
      if (!label_column.empty()) dataset.labels.emplace_back(rows[i].label);
    }
  } while (!rows.empty());
  if (dataset.texts.empty())
    return error(StatusCode::kInvalidInput, file.string(), "rows, got none, expected some");
  return dataset;
}

Result<DatasetReport> run_dataset_bench(
    const std::filesystem::path& model, const Dataset& dataset, const DatasetBenchOptions& options,
    BenchClock& clock
) {
  const auto directory = load_model_directory(model);
  if (!directory) return directory.error();
  const bool classifies = classifies_sequences(directory->config);
  if (!dataset.labels.empty() && !classifies) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "labels, got a model that embeds, expected a classifier"
    );
  }
  const auto load_start = clock.now();
  const auto answerer = Answerer::load(model, classifies, options.encoder);
  if (!answerer) return answerer.error();
  DatasetReport report;
  report.load_ms = milliseconds(clock.now() - load_start);

  const Texts texts(dataset.texts.begin(), dataset.texts.end());
  const auto some = std::span(texts).first(std::min(texts.size(), kWarmUpTexts));
  if (const auto warm = answerer->run(some, options.plan); !warm) return warm.error();
  const auto start = clock.now();
  const auto answers = answerer->run(texts, options.plan);
  report.seconds = milliseconds(clock.now() - start) / 1e3;
  if (!answers) return answers.error();
  report.memory = memory_use();

  report.info = answerer->info();
  report.threads = options.encoder.threads > 0 ? options.encoder.threads : usable_cpus();
  report.sentences = texts.size();
  report.sentences_per_s = static_cast<double>(texts.size()) / report.seconds;
  if (!dataset.labels.empty())
    report.accuracy = accuracy(*answers, dataset.labels, answerer->labels());
  const auto counts = token_counts(*directory, classifies, texts);
  if (!counts) return counts.error();
  report.tokens = std::accumulate(counts->begin(), counts->end(), std::size_t{0});
  report.natural_padding_ratio = padding_ratio(*counts, kNaturalBatch);
  return report;
}

}  // namespace martlet
