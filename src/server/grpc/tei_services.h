// The gRPC services of text-embeddings-inference.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <vector>

#include "server/grpc/answer_call.h"
#include "server/grpc/tei_handlers.h"

namespace martlet {

/// To register with a server. Both arguments must outlive them.
std::vector<std::unique_ptr<grpc::Service>> make_tei_services(
    const CallRules& rules, const TeiHandlers& handlers
);

}  // namespace martlet
