// What the served models have done, as metrics.
#pragma once

#include "server/metrics/exposition.h"
#include "server/service/model_registry.h"

namespace martlet {

void write_model_metrics(const ModelRegistry& registry, Exposition& out);

}  // namespace martlet
