#include "server/service/loaded_model.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "formats/model_hash.h"
#include "pipelines/scores.h"
#include "pipelines/text_input.h"

namespace martlet {
namespace {

ModelTask task_of(const EncoderInfo& encoder) {
  if (encoder.labels == 0) return ModelTask::kEmbedding;
  if (encoder.token_logits) return ModelTask::kTokenClassification;
  return encoder.labels == 1 ? ModelTask::kRerank : ModelTask::kTextClassification;
}

Status check_labels(const ModelInfo& info) {
  if (info.labels.size() == static_cast<std::size_t>(info.encoder.labels)) return {};
  return error(
      StatusCode::kInvalidModel, info.name, "label names, got {}, expected {}", info.labels.size(),
      info.encoder.labels
  );
}

}  // namespace

std::string_view to_string(ModelTask task) noexcept {
  switch (task) {
    case ModelTask::kTextClassification:
      return "text-classification";
    case ModelTask::kTokenClassification:
      return "token-classification";
    case ModelTask::kEmbedding:
      return "embedding";
    case ModelTask::kRerank:
      return "rerank";
    case ModelTask::kImageClassification:
      return "image-classification";
    case ModelTask::kTensors:
      return "tensors";
  }
  return "unknown";
}

std::string_view pooling_name(OutputKind pooling) noexcept {
  switch (pooling) {
    case OutputKind::kCls:
      return "cls";
    case OutputKind::kMean:
      return "mean";
    case OutputKind::kMax:
      return "max";
    case OutputKind::kPooler:
      return "pooler";
    case OutputKind::kLogits:
    case OutputKind::kTokens:
      break;
  }
  return "none";
}

Result<LoadedModel> load_served_model(const ModelSpec& spec, const ServingOptions& options) {
  auto model = load_text_model(spec.directory, options.encoder);
  if (!model) return model.error();
  auto& [about, tokenizer, encoder] = *model;
  auto hash = model_hash(about.transformer);
  if (!hash) return hash.error();
  const auto max_length = resolve_max_length(
      options.max_length == 0 ? about.max_length : options.max_length, encoder->info()
  );
  if (!max_length) return max_length.error();

  const auto relevance = relevance_function(about.config);
  if (!relevance) return relevance.error();
  ModelInfo info{
      .name = spec.name,
      .hash = *std::move(hash),
      .task = task_of(encoder->info()),
      .encoder = encoder->info(),
      .max_length = *max_length,
      .labels = std::move(about.config.labels),
      .pooling = about.pooling,
      .normalize = about.normalize,
  };
  if (info.task == ModelTask::kEmbedding) info.labels.clear();
  info.score_function = score_function_for(about.config.problem_type, info.labels.size());
  info.relevance_function = *relevance;
  MARTLET_RETURN_IF_ERROR(check_labels(info));
  return LoadedModel{std::move(info), std::move(tokenizer), std::move(encoder)};
}

}  // namespace martlet
