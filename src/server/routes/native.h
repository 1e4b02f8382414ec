// martlet's own routes: /v1/predict, /v1/zero-shot, /v1/embed, /v1/tokenize. Reranking is in
// rerank.h.
#pragma once

#include "server/http/router.h"
#include "server/routes/route_context.h"

namespace martlet {

void add_native_routes(Router& router, const RouteContext& context);

/// The handler of /v1/predict, which answers the bare lists of /predict, too.
void predict_natively(const RouteContext& context, HttpRequest&& request, Responder responder);

}  // namespace martlet
