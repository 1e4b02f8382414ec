#include "martlet/text_classification.h"

#include <utility>

#include "core/error.h"
#include "pipelines/scores.h"
#include "pipelines/stream_runner.h"
#include "pipelines/text_input.h"

namespace martlet {

struct TextClassificationPipeline::Impl {
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
  LabelInfo labels;
  TextClassificationOptions options;
  ScoreFunction function;
  StreamParts parts;

  [[nodiscard]] Classification classify(std::span<const float> logits, bool truncated) const;
};

namespace {

Status check_head(const EncoderInfo& info, const LabelInfo& labels) {
  if (info.labels == 0 || info.token_logits) {
    return error(
        StatusCode::kInvalidModel, "text-classification",
        "the model has no head for it, got {}, expected a sequence classifier",
        info.labels == 0 ? "no classifier" : "a token classifier"
    );
  }
  if (labels.names.size() != static_cast<std::size_t>(info.labels)) {
    return error(
        StatusCode::kInvalidModel, "text-classification", "label names, got {}, expected {}",
        labels.names.size(), info.labels
    );
  }
  return {};
}

}  // namespace

Result<TextClassificationPipeline> TextClassificationPipeline::load(
    const std::filesystem::path& directory, const TextClassificationOptions& options
) {
  auto model = load_text_model(directory, options.encoder);
  if (!model) return model.error();
  auto& [about, tokenizer, encoder] = *model;
  TextClassificationOptions filled = options;
  if (options.max_length == 0) filled.max_length = about.max_length;
  LabelInfo labels{std::move(about.config.labels), std::move(about.config.problem_type)};
  return make(std::move(tokenizer), std::move(encoder), std::move(labels), filled);
}

Result<TextClassificationPipeline> TextClassificationPipeline::make(
    Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, LabelInfo labels,
    const TextClassificationOptions& options
) {
  MARTLET_RETURN_IF_ERROR(check_head(encoder->info(), labels));
  const auto max_length = resolve_max_length(options.max_length, encoder->info());
  if (!max_length) return max_length.error();
  if (options.top_k < 0) {
    return error(
        StatusCode::kInvalidArgument, "text-classification",
        "labels per text, got {}, expected 0 or more", options.top_k
    );
  }
  const ScoreFunction function =
      options.function.value_or(score_function_for(labels.problem_type, labels.names.size()));
  auto impl = std::make_unique<Impl>(Impl{
      .tokenizer = std::move(tokenizer),
      .encoder = std::move(encoder),
      .labels = std::move(labels),
      .options = options,
      .function = function,
      .parts = {},
  });
  impl->parts = {
      .encode = encode_with(impl->tokenizer, {.max_length = *max_length}),
      .encoder = impl->encoder.get(),
      .output = OutputKind::kLogits,
  };
  return TextClassificationPipeline(std::move(impl));
}

TextClassificationPipeline::TextClassificationPipeline(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
TextClassificationPipeline::TextClassificationPipeline(TextClassificationPipeline&&) noexcept =
    default;
TextClassificationPipeline&
TextClassificationPipeline::operator=(TextClassificationPipeline&&) noexcept = default;
TextClassificationPipeline::~TextClassificationPipeline() = default;

Classification TextClassificationPipeline::Impl::classify(
    std::span<const float> logits, bool truncated
) const {
  Classification result = martlet::classify(function, labels.names, logits, options.top_k);
  result.truncated = truncated;
  return result;
}

Status TextClassificationPipeline::stream(
    const TextSource& source, const Sink& sink, const StreamOptions& options
) const {
  std::vector<Classification> results;
  const auto classify = [&](const RowBlock& block) {
    results.clear();
    for (std::size_t row = 0; row < block.rows(); ++row)
      results.push_back(impl_->classify(block.row(row), block.truncated[row] != 0));
    return sink(results);
  };
  return run_stream(
      impl_->parts, resolve_threads(options, impl_->options.encoder), source, classify
  );
}

Result<std::vector<Classification>> TextClassificationPipeline::run(
    std::span<const std::string_view> texts, const BatchPlan& plan
) const {
  return collect<Classification>(*this, source_of(texts), plan);
}

Result<std::vector<Classification>> TextClassificationPipeline::run(
    std::span<const TextPair> pairs, const BatchPlan& plan
) const {
  return collect<Classification>(*this, source_of(pairs), plan);
}

Result<Classification> TextClassificationPipeline::run(std::string_view text) const {
  auto results = run(std::span(&text, 1));
  if (!results) return results.error();
  return std::move(results->front());
}

const EncoderInfo& TextClassificationPipeline::info() const noexcept {
  return impl_->encoder->info();
}

std::span<const std::string> TextClassificationPipeline::labels() const noexcept {
  return impl_->labels.names;
}

}  // namespace martlet
