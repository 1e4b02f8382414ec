// Which model answers a request.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "martlet/status.h"
#include "server/service/model_registry.h"

namespace martlet {

/// The ready model of that name. kNotFound where there is none, kUnavailable where it is not ready.
Result<std::shared_ptr<ServedModel>> find_model(
    const ModelRegistry& registry, std::string_view name
);

/// For dialects whose requests name no model. As find_model; with an empty name, the only one that
/// `fits`, a condition that messages call `what`. kInvalidInput where none fits or several do.
Result<std::shared_ptr<ServedModel>> choose_model(
    const ModelRegistry& registry, std::string_view name, std::string_view what,
    const std::function<bool(const ModelInfo&)>& fits
);

}  // namespace martlet
