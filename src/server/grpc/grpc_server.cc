#include "server/grpc/grpc_server.h"

#include "core/error.h"
#include "core/plugin.h"

namespace martlet {
namespace {

Result<const GrpcPlugin*> load_grpc_plugin() {
  static const Result<const GrpcPlugin*> plugin = load_plugin<GrpcPlugin>(
      {.where = "grpc",
       .file = "martlet_grpc.so",
       .symbol = kGrpcPluginSymbol,
       .advice = "build martlet with libgrpc++-dev installed (./dev build does), or set "
                 "MARTLET_PLUGIN_DIR, or serve without --grpc"}
  );
  return plugin;
}

}  // namespace

Result<std::unique_ptr<GrpcServer>> start_grpc_server(
    const GrpcOptions& options, ModelRegistry& registry
) {
  const auto plugin = load_grpc_plugin();
  if (!plugin) return plugin.error();
  return (*plugin)->start(options, registry);
}

}  // namespace martlet
