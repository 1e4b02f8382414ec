// A served model on the library's scheduler.
#pragma once

#include <memory>

#include "server/service/loaded_model.h"
#include "server/service/served_model.h"
#include "server/service/serving_options.h"

namespace martlet {

/// Reads, checks and warms the model that `spec` names.
Result<std::unique_ptr<ServedModel>> load_scheduled_model(
    const ModelSpec& spec, const ServingOptions& options
);

/// From parts. kInvalidArgument for options out of range.
Result<std::unique_ptr<ServedModel>> make_scheduled_model(
    LoadedModel model, const ServingOptions& options
);

}  // namespace martlet
