// The Open Inference Protocol V2 over REST, with the binary tensor extension, the repository index,
// statistics and model configuration.
#pragma once

#include "server/http/router.h"
#include "server/routes/route_context.h"

namespace martlet {

void add_v2_routes(Router& router, const RouteContext& context);

/// POST /v2/repository/models/{model}/load and /unload, and the index: for the admin listener only.
/// `loader` does the loading, one at a time. {"parameters": {"path": DIRECTORY}} loads a new model,
/// no path loads a known one again.
void add_admin_routes(Router& router, const RouteContext& context, WorkQueue& loader);

}  // namespace martlet
