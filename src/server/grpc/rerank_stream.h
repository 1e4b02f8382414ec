// Reranking texts that come one by one: all are read, then answered as one request.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "server/grpc/answer_call.h"
#include "server/grpc/tei_handlers.h"

namespace martlet {

/// At most handlers' limit of inputs is read; one more ends the call with INVALID_ARGUMENT.
grpc::ServerReadReactor<tei::v1::RerankStreamRequest>* answer_rerank_stream(
    const CallRules& rules, grpc::CallbackServerContext* context, tei::v1::RerankResponse* response,
    const TeiHandlers& handlers
);

}  // namespace martlet
