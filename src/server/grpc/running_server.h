// The gRPC server inside the plug-in.
#pragma once

#include <memory>

#include "server/grpc/grpc_server.h"

namespace martlet {

/// As start_grpc_server.
Result<std::unique_ptr<GrpcServer>> run_grpc_server(
    const GrpcOptions& options, ModelRegistry& registry
);

}  // namespace martlet
