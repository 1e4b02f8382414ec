#include "martlet/zero_shot_classification.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "pipelines/stream_runner.h"
#include "pipelines/text_input.h"
#include "pipelines/zero_shot.h"

namespace martlet {

struct ZeroShotClassificationPipeline::Impl {
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
  InferenceLabels ids;
  ZeroShotOptions options;
  StreamParts parts;
};

namespace {

constexpr std::string_view kWhere = "zero-shot-classification";

Result<InferenceLabels> check_head(const EncoderInfo& info, std::span<const std::string> labels) {
  const auto ids = find_inference_labels(labels);
  const bool fits = !info.token_logits && labels.size() == static_cast<std::size_t>(info.labels);
  if (fits && ids) return *ids;
  return error(
      StatusCode::kInvalidModel, kWhere,
      "the model does not infer, got {} with {} labels{}, expected a sequence classifier with an "
      "entailment label",
      info.token_logits ? "a token classifier" : "a classifier", info.labels,
      ids ? "" : ", none of entailment"
  );
}

}  // namespace

Result<ZeroShotClassificationPipeline> ZeroShotClassificationPipeline::load(
    const std::filesystem::path& directory, const ZeroShotOptions& options
) {
  auto model = load_text_model(directory, options.encoder);
  if (!model) return model.error();
  auto& [about, tokenizer, encoder] = *model;
  ZeroShotOptions filled = options;
  if (options.max_length == 0) filled.max_length = about.max_length;
  return make(std::move(tokenizer), std::move(encoder), std::move(about.config.labels), filled);
}

Result<ZeroShotClassificationPipeline> ZeroShotClassificationPipeline::make(
    Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, std::vector<std::string> labels,
    const ZeroShotOptions& options
) {
  const auto ids = check_head(encoder->info(), labels);
  if (!ids) return ids.error();
  const auto max_length = resolve_max_length(options.max_length, encoder->info());
  if (!max_length) return max_length.error();
  auto impl = std::make_unique<Impl>(Impl{
      .tokenizer = std::move(tokenizer),
      .encoder = std::move(encoder),
      .ids = *ids,
      .options = options,
      .parts = {},
  });
  const EncodeOptions encode{.max_length = *max_length, .truncation = Truncation::kOnlyFirst};
  impl->parts = {
      .encode = encode_with(impl->tokenizer, encode),
      .encoder = impl->encoder.get(),
      .output = OutputKind::kLogits,
  };
  return ZeroShotClassificationPipeline(std::move(impl));
}

ZeroShotClassificationPipeline::ZeroShotClassificationPipeline(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
ZeroShotClassificationPipeline::
    ZeroShotClassificationPipeline(ZeroShotClassificationPipeline&&) noexcept = default;
ZeroShotClassificationPipeline&
ZeroShotClassificationPipeline::operator=(ZeroShotClassificationPipeline&&) noexcept = default;
ZeroShotClassificationPipeline::~ZeroShotClassificationPipeline() = default;

Status ZeroShotClassificationPipeline::stream(
    const TextSource& source, const CandidateLabels& candidates, const Sink& sink,
    const StreamOptions& options
) const {
  const auto hypotheses = make_hypotheses(candidates);
  if (!hypotheses) return hypotheses.error();
  const std::size_t count = hypotheses->size();
  std::vector<ZeroShotClassification> results;
  const auto classify = [&](const RowBlock& block) {
    results.clear();
    // An input whose last pairs failed is not delivered.
    for (std::size_t row = 0; row + count <= block.rows(); row += count) {
      const auto logits = block.values.subspan(row * block.columns, count * block.columns);
      const bool cut = std::ranges::any_of(block.truncated.subspan(row, count), std::identity());
      results.push_back({rank_candidates(candidates, impl_->ids, logits), cut});
    }
    return sink(results);
  };
  const auto ask = [&](const TextPair& input, TextBlock& block) {
    for (const std::string& hypothesis : *hypotheses) block.add(input.first, hypothesis);
  };
  StreamParts parts = impl_->parts;
  parts.texts_of_input = count;
  return run_stream(
      parts, resolve_threads(options, impl_->options.encoder), expanded(source, ask), classify
  );
}

Result<std::vector<ZeroShotClassification>> ZeroShotClassificationPipeline::run(
    std::span<const std::string_view> texts, const CandidateLabels& candidates,
    const BatchPlan& plan
) const {
  std::vector<ZeroShotClassification> all;
  const auto append = [&](std::span<const ZeroShotClassification> rows) {
    all.insert(all.end(), rows.begin(), rows.end());
    return Status();
  };
  MARTLET_RETURN_IF_ERROR(stream(source_of(texts), candidates, append, {.plan = plan}));
  return all;
}

Result<ZeroShotClassification> ZeroShotClassificationPipeline::run(
    std::string_view text, const CandidateLabels& candidates
) const {
  auto results = run(std::span(&text, 1), candidates);
  if (!results) return results.error();
  return std::move(results->front());
}

const EncoderInfo& ZeroShotClassificationPipeline::info() const noexcept {
  return impl_->encoder->info();
}

}  // namespace martlet
