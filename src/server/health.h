// Whether the server lives and is ready, for probes.
#pragma once

#include <string>

#include "server/http/router.h"
#include "server/service/model_registry.h"

namespace martlet {

/// GET /health/live: 200 as long as the process answers. GET /health/ready: 200 when every model is
/// loaded and well, else 503; both say which models are in which state.
void add_health_routes(Router& router, const ModelRegistry& registry);

}  // namespace martlet
