// Documents by how well they answer a query: POST /v1/rerank and /v2/rerank, in the shape that
// Cohere's and Jina's clients read.
#pragma once

#include "server/http/router.h"
#include "server/routes/route_context.h"

namespace martlet {

void add_rerank_routes(Router& router, const RouteContext& context);

}  // namespace martlet
