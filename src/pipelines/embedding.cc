#include "martlet/embedding.h"

#include <utility>

#include "core/error.h"
#include "pipelines/stream_runner.h"
#include "pipelines/text_input.h"
#include "pipelines/unit_length.h"

namespace martlet {

struct EmbeddingPipeline::Impl {
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
  EmbeddingOptions options;
  StreamParts parts;
};

namespace {

Status check_pooling(OutputKind pooling, const EncoderInfo& info) {
  if (pooling == OutputKind::kLogits || pooling == OutputKind::kTokens) {
    return error(
        StatusCode::kInvalidArgument, "embedding",
        "pooling, got none, expected cls, mean, max or pooler"
    );
  }
  if (pooling == OutputKind::kPooler && !info.pooler) {
    return error(
        StatusCode::kInvalidArgument, "embedding",
        "the model has no pooler, got pooling pooler, expected cls, mean or max"
    );
  }
  return {};
}

}  // namespace

Result<EmbeddingPipeline> EmbeddingPipeline::load(
    const std::filesystem::path& directory, const EmbeddingOptions& options
) {
  auto model = load_text_model(directory, options.encoder);
  if (!model) return model.error();
  auto& [about, tokenizer, encoder] = *model;
  EmbeddingOptions filled = options;
  filled.pooling = options.pooling.value_or(about.pooling);
  filled.normalize = options.normalize.value_or(about.normalize);
  if (options.max_length == 0) filled.max_length = about.max_length;
  return make(std::move(tokenizer), std::move(encoder), filled);
}

Result<EmbeddingPipeline> EmbeddingPipeline::make(
    Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, const EmbeddingOptions& options
) {
  const OutputKind pooling = options.pooling.value_or(OutputKind::kMean);
  MARTLET_RETURN_IF_ERROR(check_pooling(pooling, encoder->info()));
  const auto max_length = resolve_max_length(options.max_length, encoder->info());
  if (!max_length) return max_length.error();
  auto impl = std::make_unique<Impl>(Impl{
      .tokenizer = std::move(tokenizer),
      .encoder = std::move(encoder),
      .options = options,
      .parts = {},
  });
  impl->parts = {
      .encode = encode_with(impl->tokenizer, {.max_length = *max_length}),
      .encoder = impl->encoder.get(),
      .output = pooling,
  };
  return EmbeddingPipeline(std::move(impl));
}

EmbeddingPipeline::EmbeddingPipeline(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
EmbeddingPipeline::EmbeddingPipeline(EmbeddingPipeline&&) noexcept = default;
EmbeddingPipeline& EmbeddingPipeline::operator=(EmbeddingPipeline&&) noexcept = default;
EmbeddingPipeline::~EmbeddingPipeline() = default;

Status EmbeddingPipeline::stream(
    const TextSource& source, const Sink& sink, const StreamOptions& options
) const {
  Embeddings rows;
  const auto embed = [&](const RowBlock& block) {
    rows.rows = block.rows();
    rows.columns = block.columns;
    rows.values.assign(block.values.begin(), block.values.end());
    rows.truncated.assign(block.truncated.begin(), block.truncated.end());
    if (impl_->options.normalize.value_or(false)) {
      for (std::size_t row = 0; row < rows.rows; ++row)
        scale_to_unit(std::span(rows.values).subspan(row * rows.columns, rows.columns));
    }
    return sink(rows);
  };
  return run_stream(impl_->parts, resolve_threads(options, impl_->options.encoder), source, embed);
}

Result<Embeddings> EmbeddingPipeline::run(
    std::span<const std::string_view> texts, const BatchPlan& plan
) const {
  Embeddings all;
  const auto append = [&](const Embeddings& rows) {
    all.rows += rows.rows;
    all.values.insert(all.values.end(), rows.values.begin(), rows.values.end());
    all.truncated.insert(all.truncated.end(), rows.truncated.begin(), rows.truncated.end());
    return Status();
  };
  all.columns = static_cast<std::size_t>(info().hidden_size);
  MARTLET_RETURN_IF_ERROR(stream(source_of(texts), append, {.plan = plan}));
  return all;
}

Status EmbeddingPipeline::stream_similarity(
    const TextSource& source, const SimilaritySink& sink, const StreamOptions& options
) const {
  std::vector<Similarity> results;
  const auto compare = [&](const RowBlock& block) {
    results.clear();
    for (std::size_t row = 0; row + 1 < block.rows(); row += 2) {
      const bool cut = block.truncated[row] != 0 || block.truncated[row + 1] != 0;
      results.push_back({cosine(block.row(row), block.row(row + 1)), cut});
    }
    return sink(results);
  };
  const auto both = [](const TextPair& pair, TextBlock& block) {
    block.add(pair.first);
    block.add(pair.second);
  };
  StreamParts parts = impl_->parts;
  parts.texts_of_input = 2;
  return run_stream(
      parts, resolve_threads(options, impl_->options.encoder), expanded(source, both), compare
  );
}

Result<std::vector<Similarity>> EmbeddingPipeline::similarity(
    std::span<const TextPair> pairs, const BatchPlan& plan
) const {
  std::vector<Similarity> all;
  const auto append = [&](std::span<const Similarity> rows) {
    all.insert(all.end(), rows.begin(), rows.end());
    return Status();
  };
  MARTLET_RETURN_IF_ERROR(stream_similarity(source_of(pairs), append, {.plan = plan}));
  return all;
}

Result<std::vector<float>> EmbeddingPipeline::run(std::string_view text) const {
  auto rows = run(std::span(&text, 1));
  if (!rows) return rows.error();
  return std::move(rows->values);
}

const EncoderInfo& EmbeddingPipeline::info() const noexcept { return impl_->encoder->info(); }

}  // namespace martlet
