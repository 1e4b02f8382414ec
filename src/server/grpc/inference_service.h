// The gRPC service of the Open Inference Protocol.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/grpc/answer_call.h"
#include "server/grpc/v2_handlers.h"

namespace martlet {

/// To register with a server. Both arguments must outlive it.
std::unique_ptr<grpc::Service> make_inference_service(
    const CallRules& rules, const V2Handlers& handlers
);

}  // namespace martlet
