#include "formats/task_model.h"

#include <algorithm>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

constexpr TaskModel kTaskModels[] = {
    {
        .model_type = "bert",
        .task_type = "SEQ_CLS",
        .architecture = "BertForSequenceClassification",
        .heads = {"classifier"},
        .pooler = true,
    },
    {
        .model_type = "bert",
        .task_type = "TOKEN_CLS",
        .architecture = "BertForTokenClassification",
        .heads = {"classifier"},
    },
    {
        .model_type = "bert",
        .task_type = "FEATURE_EXTRACTION",
        .architecture = "BertModel",
        .heads = {},
        .pooler = true,
    },
    {
        .model_type = "distilbert",
        .task_type = "SEQ_CLS",
        .architecture = "DistilBertForSequenceClassification",
        .heads = {"classifier", "pre_classifier"},
    },
    {
        .model_type = "distilbert",
        .task_type = "TOKEN_CLS",
        .architecture = "DistilBertForTokenClassification",
        .heads = {"classifier"},
    },
    {
        .model_type = "distilbert",
        .task_type = "FEATURE_EXTRACTION",
        .architecture = "DistilBertModel",
        .heads = {},
    },
};

bool is_of(std::string_view name, std::string_view module) {
  return !module.empty() && name.size() > module.size() && name.starts_with(module) &&
         name[module.size()] == '.';
}

/// The modules at the root of each family's encoder: what else a checkpoint holds belongs to the
/// heads it was trained with.
constexpr std::string_view kEncoderModules[] = {"embeddings", "encoder", "transformer"};

}  // namespace

std::string TaskModel::saved_name(std::string_view name) const {
  for (const std::string_view head : heads) {
    if (is_of(name, head)) return std::string(name);
  }
  const std::string_view prefix = base_model_prefix(model_type);
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  const bool encoder = std::ranges::any_of(kEncoderModules, [&](std::string_view module) {
    return is_of(name, module);
  });
  const bool own = encoder ? !name.ends_with(".position_ids") : pooler && is_of(name, "pooler");
  if (!own) return {};
  return classifies() ? std::string(prefix).append(name) : std::string(name);
}

Result<TaskModel> find_task_model(
    const HfConfig& config, std::string_view task_type, std::string_view where
) {
  for (const TaskModel& model : kTaskModels) {
    if (model.model_type != config.model_type) continue;
    const bool named = task_type.empty()
                           ? std::ranges::find(config.architectures, model.architecture) !=
                                 config.architectures.end()
                           : model.task_type == task_type;
    if (named) return model;
  }
  return error(
      StatusCode::kUnsupported, where,
      "task_type: got {} for a {} model, expected SEQ_CLS, TOKEN_CLS or FEATURE_EXTRACTION",
      in_quotes(task_type), config.model_type
  );
}

}  // namespace martlet
