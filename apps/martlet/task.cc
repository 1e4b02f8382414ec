#include "task.h"

#include <array>
#include <string>

#include "core/error.h"
#include "formats/hf_config.h"
#include "formats/lora_config.h"

namespace martlet::cli {
namespace {

/// Heads that are neither a sequence classifier nor something whose encoder alone is worth running.
constexpr std::array<std::string_view, 4> kOtherHeads{
    "ForTokenClassification", "ForQuestionAnswering", "ForMultipleChoice",
    "ForNextSentencePrediction"
};

Result<Task> task_of_model(const std::filesystem::path& model) {
  const auto config = load_hf_config(model);
  if (!config) return config.error();
  for (const std::string& architecture : config->architectures) {
    if (architecture.ends_with("ForSequenceClassification")) return Task::kTextClassification;
    for (const std::string_view head : kOtherHeads) {
      if (!architecture.ends_with(head)) continue;
      return error(
          StatusCode::kUnsupported, model.string(),
          "got a {}, expected a sequence classifier or an embedding model (or --task embedding for "
          "its encoder)",
          architecture
      );
    }
  }
  return Task::kEmbedding;
}

}  // namespace

std::string_view to_string(Task task) noexcept {
  return task == Task::kTextClassification ? "text-classification" : "embedding";
}

Result<Task> choose_task(
    std::string_view word, const std::filesystem::path& model, const std::filesystem::path& adapter
) {
  for (const Task task : {Task::kTextClassification, Task::kEmbedding}) {
    if (word == to_string(task)) return task;
  }
  if (word != "auto") {
    return error(
        StatusCode::kUnsupported, "task",
        "got '{}', expected auto, text-classification or embedding", word
    );
  }
  if (!adapter.empty()) {
    const auto config = load_lora_config(adapter);
    if (!config) return config.error();
    if (config->task_type == "SEQ_CLS") return Task::kTextClassification;
  }
  return task_of_model(model);
}

}  // namespace martlet::cli
