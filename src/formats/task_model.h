// The transformers classes that a merged model can be saved as, and which weights each has.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "formats/hf_config.h"
#include "martlet/status.h"

namespace martlet {

struct TaskModel {
  std::string_view model_type;  // "bert"
  std::string_view task_type;   // PEFT's name: "SEQ_CLS"
  std::string architecture;     // transformers' class: "BertForSequenceClassification"
  std::string_view heads[3];    // modules beside the encoder: "classifier"; empty: none
  bool pooler = false;          // the encoder's pooler is part of it

  [[nodiscard]] bool classifies() const noexcept { return !heads[0].empty(); }
  /// Under which name the class saves what a checkpoint, with the prefix or without, calls `name`.
  /// Empty: it has no such weight.
  [[nodiscard]] std::string saved_name(std::string_view name) const;
};

/// The class for an adapter of `task_type`; where that is empty, the class that `config` names.
/// kUnsupported when there is none.
Result<TaskModel> find_task_model(
    const HfConfig& config, std::string_view task_type, std::string_view where
);

}  // namespace martlet
