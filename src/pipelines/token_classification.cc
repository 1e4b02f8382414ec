#include "martlet/token_classification.h"

#include <array>
#include <utility>

#include "core/error.h"
#include "pipelines/entities.h"
#include "pipelines/stream_runner.h"
#include "pipelines/text_input.h"

namespace martlet {

struct TokenClassificationPipeline::Impl {
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
  std::vector<std::string> labels;
  TokenClassificationOptions options;
  StreamParts parts;

  /// Of the sequences of one text.
  [[nodiscard]] std::vector<Entity> entities_of(
      const RowBlock& block, std::span<const SequenceRows> sequences
  ) const;
};

namespace {

constexpr std::string_view kWhere = "token-classification";

constexpr std::array<std::pair<Aggregation, std::string_view>, 5> kAggregations = {{
    {Aggregation::kNone, "none"},
    {Aggregation::kSimple, "simple"},
    {Aggregation::kFirst, "first"},
    {Aggregation::kAverage, "average"},
    {Aggregation::kMax, "max"},
}};

Status check_head(const EncoderInfo& info, std::size_t labels) {
  if (info.labels == 0 || !info.token_logits) {
    return error(
        StatusCode::kInvalidModel, kWhere,
        "the model has no head for it, got {}, expected a token classifier",
        info.labels == 0 ? "no classifier" : "a sequence classifier"
    );
  }
  if (labels != static_cast<std::size_t>(info.labels)) {
    return error(
        StatusCode::kInvalidModel, kWhere, "label names, got {}, expected {}", labels, info.labels
    );
  }
  return {};
}

Status check_stride(const TokenClassificationOptions& options, int32_t max_length) {
  if (!options.stride) return {};
  if (options.entities.aggregation == Aggregation::kNone) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "got a stride with aggregation none, expected another aggregation"
    );
  }
  if (*options.stride >= 0 && *options.stride < max_length) return {};
  return error(
      StatusCode::kInvalidArgument, kWhere, "stride, got {}, expected 0 to {}", *options.stride,
      max_length - 1
  );
}

}  // namespace

std::string_view to_string(Aggregation aggregation) noexcept {
  for (const auto& [value, name] : kAggregations)
    if (value == aggregation) return name;
  return "unknown";
}

Result<Aggregation> parse_aggregation(std::string_view name) {
  for (const auto& [value, known] : kAggregations)
    if (known == name) return value;
  return error(
      StatusCode::kInvalidArgument, "aggregation",
      "got '{}', expected none, simple, first, average or max", name
  );
}

Result<TokenClassificationPipeline> TokenClassificationPipeline::load(
    const std::filesystem::path& directory, const TokenClassificationOptions& options
) {
  auto model = load_text_model(directory, options.encoder);
  if (!model) return model.error();
  auto& [about, tokenizer, encoder] = *model;
  TokenClassificationOptions filled = options;
  if (options.max_length == 0) filled.max_length = about.max_length;
  return make(std::move(tokenizer), std::move(encoder), std::move(about.config.labels), filled);
}

Result<TokenClassificationPipeline> TokenClassificationPipeline::make(
    Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, std::vector<std::string> labels,
    const TokenClassificationOptions& options
) {
  MARTLET_RETURN_IF_ERROR(check_head(encoder->info(), labels.size()));
  const auto max_length = resolve_max_length(options.max_length, encoder->info());
  if (!max_length) return max_length.error();
  MARTLET_RETURN_IF_ERROR(check_stride(options, *max_length));
  auto impl = std::make_unique<Impl>(Impl{
      .tokenizer = std::move(tokenizer),
      .encoder = std::move(encoder),
      .labels = std::move(labels),
      .options = options,
      .parts = {},
  });
  const EncodeOptions encode{
      .max_length = *max_length,
      .stride = options.stride.value_or(0),
      .overflow = options.stride.has_value(),
      .offsets = true,
  };
  impl->parts = {
      .encode = encode_with(impl->tokenizer, encode),
      .encoder = impl->encoder.get(),
      .output = OutputKind::kLogits,
  };
  return TokenClassificationPipeline(std::move(impl));
}

TokenClassificationPipeline::TokenClassificationPipeline(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
TokenClassificationPipeline::TokenClassificationPipeline(TokenClassificationPipeline&&) noexcept =
    default;
TokenClassificationPipeline&
TokenClassificationPipeline::operator=(TokenClassificationPipeline&&) noexcept = default;
TokenClassificationPipeline::~TokenClassificationPipeline() = default;

std::vector<Entity> TokenClassificationPipeline::Impl::entities_of(
    const RowBlock& block, std::span<const SequenceRows> sequences
) const {
  std::vector<Entity> entities;
  for (const SequenceRows& sequence : sequences) {
    const std::string_view text = (*block.texts)[sequence.text].first;
    const auto logits = block.values.subspan(sequence.first_row * block.columns);
    const auto found = find_entities(
        {tokenizer, labels, options.entities},
        labelled_tokens(text, *sequence.encodings, sequence.index, logits)
    );
    entities.insert(entities.end(), found.begin(), found.end());
  }
  return sequences.size() > 1 ? merge_windows(std::move(entities)) : entities;
}

Status TokenClassificationPipeline::stream(
    const TextSource& source, const Sink& sink, const StreamOptions& options
) const {
  std::vector<TokenClassification> results;
  const auto classify = [&](const RowBlock& block) -> Status {
    if (block.texts->pairs() > 0) {
      return error(StatusCode::kInvalidArgument, kWhere, "got pairs, expected single texts");
    }
    results.clear();
    std::size_t begin = 0;
    for (std::size_t text = 0; text < block.rows(); ++text) {
      std::size_t end = begin;
      while (end < block.sequences.size() && block.sequences[end].text == text) ++end;
      const bool cut = block.truncated[text] != 0 && !impl_->options.stride;
      results.push_back(
          {impl_->entities_of(block, block.sequences.subspan(begin, end - begin)), cut}
      );
      begin = end;
    }
    return sink(results);
  };
  return run_stream(
      impl_->parts, resolve_threads(options, impl_->options.encoder), source, classify
  );
}

Result<std::vector<TokenClassification>> TokenClassificationPipeline::run(
    std::span<const std::string_view> texts, const BatchPlan& plan
) const {
  return collect<TokenClassification>(*this, source_of(texts), plan);
}

Result<TokenClassification> TokenClassificationPipeline::run(std::string_view text) const {
  auto results = run(std::span(&text, 1));
  if (!results) return results.error();
  return std::move(results->front());
}

const EncoderInfo& TokenClassificationPipeline::info() const noexcept {
  return impl_->encoder->info();
}

std::span<const std::string> TokenClassificationPipeline::labels() const noexcept {
  return impl_->labels;
}

}  // namespace martlet
