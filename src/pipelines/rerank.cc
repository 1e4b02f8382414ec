#include "martlet/rerank.h"

#include <utility>

#include "core/error.h"
#include "pipelines/scores.h"
#include "pipelines/stream_runner.h"
#include "pipelines/text_input.h"

namespace martlet {

struct RerankPipeline::Impl {
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
  RerankOptions options;
  ScoreFunction function;
  StreamParts parts;
};

namespace {

constexpr std::string_view kWhere = "rerank";

Status check_head(const EncoderInfo& info) {
  if (!info.token_logits && (info.labels == 1 || info.labels == 2)) return {};
  return error(
      StatusCode::kInvalidModel, kWhere,
      "the model is no reranker, got {} with {} labels, expected a sequence classifier with 1 or 2",
      info.token_logits ? "a token classifier" : "a classifier", info.labels
  );
}

}  // namespace

Result<RerankPipeline> RerankPipeline::load(
    const std::filesystem::path& directory, const RerankOptions& options
) {
  auto model = load_text_model(directory, options.encoder);
  if (!model) return model.error();
  auto& [about, tokenizer, encoder] = *model;
  RerankOptions filled = options;
  if (options.max_length == 0) filled.max_length = about.max_length;
  if (!options.function) {
    const auto function = relevance_function(about.config);
    if (!function) return function.error();
    filled.function = *function;
  }
  return make(std::move(tokenizer), std::move(encoder), filled);
}

Result<RerankPipeline> RerankPipeline::make(
    Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, const RerankOptions& options
) {
  MARTLET_RETURN_IF_ERROR(check_head(encoder->info()));
  const auto max_length = resolve_max_length(options.max_length, encoder->info());
  if (!max_length) return max_length.error();
  const auto labels = static_cast<std::size_t>(encoder->info().labels);
  auto impl = std::make_unique<Impl>(Impl{
      .tokenizer = std::move(tokenizer),
      .encoder = std::move(encoder),
      .options = options,
      .function = options.function.value_or(score_function_for("", labels)),
      .parts = {},
  });
  impl->parts = {
      .encode = encode_with(impl->tokenizer, {.max_length = *max_length}),
      .encoder = impl->encoder.get(),
      .output = OutputKind::kLogits,
  };
  return RerankPipeline(std::move(impl));
}

RerankPipeline::RerankPipeline(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
RerankPipeline::RerankPipeline(RerankPipeline&&) noexcept = default;
RerankPipeline& RerankPipeline::operator=(RerankPipeline&&) noexcept = default;
RerankPipeline::~RerankPipeline() = default;

Status RerankPipeline::stream(
    const TextSource& source, const Sink& sink, const StreamOptions& options
) const {
  std::vector<Relevance> results;
  const auto score = [&](const RowBlock& block) -> Status {
    if (block.texts->pairs() == 0) {
      return error(
          StatusCode::kInvalidArgument, kWhere,
          "got single texts, expected pairs of a query and a document"
      );
    }
    results.clear();
    for (std::size_t row = 0; row < block.rows(); ++row) {
      results.push_back({relevance(impl_->function, block.row(row)), block.truncated[row] != 0});
    }
    return sink(results);
  };
  return run_stream(impl_->parts, resolve_threads(options, impl_->options.encoder), source, score);
}

Result<std::vector<Relevance>> RerankPipeline::run(
    std::span<const TextPair> pairs, const BatchPlan& plan
) const {
  return collect<Relevance>(*this, source_of(pairs), plan);
}

Result<std::vector<RankedDocument>> RerankPipeline::rank(
    std::string_view query, std::span<const std::string_view> documents, std::size_t top_k
) const {
  std::vector<TextPair> pairs;
  for (const std::string_view document : documents) pairs.push_back({query, document});
  const auto results = run(pairs);
  if (!results) return results.error();
  std::vector<float> scores;
  for (const Relevance& result : *results) scores.push_back(result.score);
  std::vector<RankedDocument> ranking;
  for (const std::size_t index : best_scores(scores, top_k))
    ranking.push_back({index, (*results)[index]});
  return ranking;
}

const EncoderInfo& RerankPipeline::info() const noexcept { return impl_->encoder->info(); }

}  // namespace martlet
