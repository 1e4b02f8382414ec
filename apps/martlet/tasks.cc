#include "tasks.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "formats/hf_config.h"
#include "formats/lora_config.h"
#include "pipelines/image_model.h"

namespace martlet::cli {
namespace {

constexpr Task kTasks[] = {
    {
        .name = "embedding",
        .architecture = "",
        .adapter = "FEATURE_EXTRACTION",
        .run = &embed,
    },
    {
        .name = "text-classification",
        .architecture = "ForSequenceClassification",
        .adapter = "SEQ_CLS",
        .run = &classify,
    },
    {
        .name = "token-classification",
        .architecture = "ForTokenClassification",
        .adapter = "TOKEN_CLS",
        .run = &find_entities,
    },
    {.name = "rerank", .architecture = "", .adapter = "", .run = &rerank},
    {.name = "similarity", .architecture = "", .adapter = "", .run = &compare},
    {
        .name = "zero-shot-classification",
        .architecture = "",
        .adapter = "",
        .run = &classify_zero_shot,
    },
    {
        .name = "image-classification",
        .architecture = "ForImageClassification",
        .adapter = "",
        .run = &classify_images,
        .images = true,
    },
};

/// Heads that no task is for, and whose encoder alone is not what the model was trained for.
constexpr std::string_view kOtherHeads[] = {
    "ForQuestionAnswering", "ForMultipleChoice", "ForNextSentencePrediction"
};

template <class Fits>
const Task* find_task(const Fits& fits) {
  const auto* task = std::ranges::find_if(kTasks, fits);
  return task == std::end(kTasks) ? nullptr : task;
}

Result<const Task*> task_of_model(const std::filesystem::path& model) {
  if (is_image_model(model)) {
    return find_task([](const Task& candidate) { return candidate.images; });
  }
  const auto config = load_hf_config(model);
  if (!config) return config.error();
  for (const std::string& architecture : config->architectures) {
    const Task* task = find_task([&](const Task& candidate) {
      return !candidate.architecture.empty() && architecture.ends_with(candidate.architecture);
    });
    if (task != nullptr) return task;
    for (const std::string_view head : kOtherHeads) {
      if (!architecture.ends_with(head)) continue;
      return error(
          StatusCode::kUnsupported, model.string(),
          "got a {}, expected a model for one of {} (or --task embedding for its encoder)",
          architecture, task_names()
      );
    }
  }
  return &kTasks[0];
}

}  // namespace

std::span<const Task> tasks() noexcept { return kTasks; }

std::string task_names() {
  std::string names;
  for (const Task& task : kTasks) {
    if (!names.empty()) names += ", ";
    names += task.name;
  }
  return names;
}

Result<const Task*> choose_task(
    std::string_view word, const std::filesystem::path& model, const std::filesystem::path& adapter
) {
  if (word != "auto") {
    const Task* task = find_task([word](const Task& candidate) { return candidate.name == word; });
    if (task != nullptr) return task;
    return error(
        StatusCode::kUnsupported, "task", "got '{}', expected auto or one of {}", word, task_names()
    );
  }
  if (!adapter.empty()) {
    const auto config = load_lora_config(adapter);
    if (!config) return config.error();
    const Task* task = find_task([&](const Task& candidate) {
      return !candidate.adapter.empty() && candidate.adapter == config->task_type;
    });
    if (task != nullptr) return task;
  }
  return task_of_model(model);
}

}  // namespace martlet::cli
