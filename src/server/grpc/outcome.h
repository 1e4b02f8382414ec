// martlet's failures in gRPC's words: one table.
#pragma once

#include <grpcpp/support/status.h>

#include "martlet/status.h"
#include "server/grpc/reply.h"
#include "server/service/request.h"

namespace martlet {

grpc::StatusCode grpc_code(StatusCode code) noexcept;

/// Of a request that is over. One that was refused says when to try again, as google.rpc.RetryInfo
/// in the status details.
Outcome make_outcome(const Status& status, const RequestFacts& facts = {});

}  // namespace martlet
