// text-embeddings-inference's dialect, as its clients (huggingface_hub's InferenceClient among
// them) speak it: /embed /embed_all /predict /rerank /similarity /tokenize /decode /info, POST /.
#pragma once

#include "server/http/router.h"
#include "server/routes/route_context.h"

namespace martlet {

/// Also /predict-orchestrated. A list as the body of /predict is martlet's own dialect.
void add_tei_routes(Router& router, const RouteContext& context);

}  // namespace martlet
