#include "server/grpc/model_choice.h"

#include <string>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
Result<std::shared_ptr<ServedModel>> find_model(
    const ModelRegistry& registry, std::string_view name
) {
  if (auto model = registry.find(name)) return model;
  for (const ModelEntry& entry : registry.index()) {
    if (entry.name != name) continue;
    return error(
        StatusCode::kUnavailable, "model", "{} is not ready, got state {}, expected READY",
        in_quotes(name), to_string(entry.state)
    );
  }
  return error(StatusCode::kNotFound, "model", "there is no model {}", in_quotes(name));
}

Result<std::shared_ptr<ServedModel>> choose_model(
    const ModelRegistry& registry, std::string_view name, std::string_view what,
    const std::function<bool(const ModelInfo&)>& fits
) {
  if (!name.empty()) {
    auto model = find_model(registry, name);
    if (!model || fits((*model)->info())) return model;
    return error(StatusCode::kInvalidInput, "model", "{} is no {}", in_quotes(name), what);
  }
  std::shared_ptr<ServedModel> chosen;
  bool any_ready = false;
  for (const ModelEntry& entry : registry.index()) {
    auto model = registry.find(entry.name);
    if (!model) continue;
    any_ready = true;
    if (!fits(model->info())) continue;
    if (chosen) {
      return error(
          StatusCode::kInvalidInput, "model",
          "{} and {} could answer, expected metadata martlet-model to name one",
          in_quotes(chosen->info().name), in_quotes(entry.name)
      );
    }
    chosen = std::move(model);
  }
  if (chosen) return chosen;
  if (!any_ready) return error(StatusCode::kUnavailable, "model", "no model is ready yet");
  return error(StatusCode::kInvalidInput, "model", "no model here is {}", what);
}

}  // namespace martlet
