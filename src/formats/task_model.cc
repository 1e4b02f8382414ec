#include "formats/task_model.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

struct Family {
  std::string_view model_type;
  std::string_view stem;               // of its classes' names
  std::string_view sequence_heads[3];  // modules beside the encoder of a sequence classifier
  bool pools_sequences = false;        // ... which has the encoder's pooler
  bool pooler = false;                 // and so does the bare encoder
  std::string_view token_heads[3] = {"classifier"};  // ... of a token classifier
};

constexpr Family kFamilies[] = {
    {"bert", "Bert", {"classifier"}, true, true},
    {"distilbert", "DistilBert", {"classifier", "pre_classifier"}},
    {"roberta", "Roberta", {"classifier.out_proj", "classifier.dense"}, false, true},
    {"xlm-roberta", "XLMRoberta", {"classifier.out_proj", "classifier.dense"}, false, true},
    {"camembert", "Camembert", {"classifier.out_proj", "classifier.dense"}, false, true},
    {"mpnet", "MPNet", {"classifier.out_proj", "classifier.dense"}, false, true},
    {"electra", "Electra", {"classifier.out_proj", "classifier.dense"}},
    {"albert", "Albert", {"classifier"}, true, true},
    {"deberta-v2", "DebertaV2", {"classifier", "pooler.dense"}},
    {"modernbert",
     "ModernBert",
     {"classifier", "head.dense", "head.norm"},
     false,
     false,
     {"classifier", "head.dense", "head.norm"}},
};

TaskModel make(const Family& family, std::string_view task_type, std::string_view suffix) {
  return {
      .model_type = family.model_type,
      .task_type = task_type,
      .architecture = std::string(family.stem).append(suffix),
      .heads = {},
  };
}

/// The family's classes, one for each task.
std::array<TaskModel, 3> task_models(const Family& family) {
  TaskModel sequences = make(family, "SEQ_CLS", "ForSequenceClassification");
  std::ranges::copy(family.sequence_heads, sequences.heads);
  sequences.pooler = family.pools_sequences;
  TaskModel tokens = make(family, "TOKEN_CLS", "ForTokenClassification");
  std::ranges::copy(family.token_heads, tokens.heads);
  TaskModel encoder = make(family, "FEATURE_EXTRACTION", "Model");
  encoder.pooler = family.pooler;
  return {std::move(sequences), std::move(tokens), std::move(encoder)};
}

bool is_of(std::string_view name, std::string_view module) {
  return !module.empty() && name.size() > module.size() && name.starts_with(module) &&
         name[module.size()] == '.';
}

/// The modules at the root of each family's encoder: what else a checkpoint holds belongs to the
/// heads it was trained with.
constexpr std::string_view kEncoderModules[] = {
    "embeddings", "embeddings_project", "encoder", "transformer", "layers", "final_norm"
};

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
  const auto* family = std::ranges::find(kFamilies, config.model_type, &Family::model_type);
  if (family != std::end(kFamilies)) {
    for (TaskModel& model : task_models(*family)) {
      const bool named = task_type.empty()
                             ? std::ranges::find(config.architectures, model.architecture) !=
                                   config.architectures.end()
                             : model.task_type == task_type;
      if (named) return std::move(model);
    }
  }
  return error(
      StatusCode::kUnsupported, where,
      "task_type: got {} for a {} model, expected SEQ_CLS, TOKEN_CLS or FEATURE_EXTRACTION",
      in_quotes(task_type), config.model_type
  );
}

}  // namespace martlet
