// The plug-in's one symbol.
#include <exception>

#include "core/error.h"
#include "server/grpc/grpc_server.h"
#include "server/grpc/running_server.h"

namespace martlet {
namespace {

Result<std::unique_ptr<GrpcServer>> start(const GrpcOptions& options, ModelRegistry& registry) {
  try {
    return run_grpc_server(options, registry);
  } catch (const std::exception& problem) {
    return error(StatusCode::kInternal, "grpc", "the server did not start ({})", problem.what());
  }
}

constexpr GrpcPlugin kPlugin{GrpcPlugin::kVersion, &start};

}  // namespace

extern "C" MARTLET_API const GrpcPlugin* martlet_grpc_plugin();
extern "C" MARTLET_API const GrpcPlugin* martlet_grpc_plugin() { return &kPlugin; }

}  // namespace martlet
