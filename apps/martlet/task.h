// What a model is for.
#pragma once

#include <filesystem>
#include <string_view>

#include "martlet/status.h"

namespace martlet::cli {

enum class Task { kTextClassification, kEmbedding };

/// "text-classification", "embedding".
std::string_view to_string(Task task) noexcept;

/// The task named `word`; for "auto" what the adapter, if there is one, or else the model's
/// config.json says it was trained for. kUnsupported for a model that was trained for something
/// martlet does not do.
Result<Task> choose_task(
    std::string_view word, const std::filesystem::path& model, const std::filesystem::path& adapter
);

}  // namespace martlet::cli
