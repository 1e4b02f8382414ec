// The tasks of `martlet run`: one line of a table each, and one file that loads the pipeline, runs
// the session's rows through it and writes its results.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "martlet/status.h"
#include "run_session.h"

namespace martlet::cli {

struct Task {
  std::string_view name;          // the word of --task
  std::string_view architecture;  // how transformers' classes for it end; empty: only by name
  std::string_view adapter;       // PEFT's task_type; empty: none
  Status (*run)(const RunFlags& flags, RunSession& session);
  bool images = false;  // the rows are paths of images, and a folder stands for those in it
};

/// All tasks; the first one is what a model is for that has no head.
std::span<const Task> tasks() noexcept;

/// "embedding, text-classification".
std::string task_names();

/// The task named `word`; for "auto" what the adapter, if there is one, or else the model's
/// config.json says it was trained for. kUnsupported for a model that was trained for something
/// martlet does not do.
Result<const Task*> choose_task(
    std::string_view word, const std::filesystem::path& model, const std::filesystem::path& adapter
);

Status classify(const RunFlags& flags, RunSession& session);
Status classify_images(const RunFlags& flags, RunSession& session);
Status classify_zero_shot(const RunFlags& flags, RunSession& session);
Status compare(const RunFlags& flags, RunSession& session);
Status embed(const RunFlags& flags, RunSession& session);
Status find_entities(const RunFlags& flags, RunSession& session);
Status rerank(const RunFlags& flags, RunSession& session);

}  // namespace martlet::cli
