// OpenAI's embeddings dialect: POST /v1/embeddings, GET /v1/models, GET /v1/models/{model}.
#pragma once

#include "server/http/router.h"
#include "server/routes/route_context.h"

namespace martlet {

void add_openai_routes(Router& router, const RouteContext& context);

}  // namespace martlet
