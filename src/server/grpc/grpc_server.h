// Serving over gRPC: the Open Inference Protocol V2 and text-embeddings-inference's services, with
// health and reflection. It comes from a plug-in, martlet_grpc.so, because the gRPC libraries are
// large and every start of martlet would pay for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "martlet/status.h"
#include "server/grpc/grpc_limits.h"
#include "server/service/model_registry.h"
#include "server/service/serving_options.h"

namespace martlet {

struct GrpcOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any that is free

  std::string server_version;  // what ServerMetadata and Info say
  ServingOptions serving;      // what Info says about limits

  /// Asked for in metadata `authorization: Bearer KEY`, except by health and reflection. Empty:
  /// nobody is asked.
  std::string api_key;
  /// PEM texts; both or none. Without them connections are not encrypted.
  std::string tls_certificate;
  std::string tls_key;

  GrpcLimits limits;
};

class GrpcServer {
 public:
  /// As shut_down(now).
  virtual ~GrpcServer() = default;

  /// Where it listens.
  [[nodiscard]] virtual int port() const noexcept = 0;

  /// Takes no new calls, waits until `deadline` for the running ones, then cancels them; returns
  /// how many requests were left unanswered. The registry's own readiness decides what health says
  /// before. Blocks.
  virtual std::size_t shut_down(std::chrono::steady_clock::time_point deadline) = 0;
};

/// Listens at once. `registry` must outlive the server. kUnavailable when the plug-in cannot be
/// loaded, kIo when the address cannot be bound, kInvalidArgument for a certificate that is none.
Result<std::unique_ptr<GrpcServer>> start_grpc_server(
    const GrpcOptions& options, ModelRegistry& registry
);

/// What the plug-in's one symbol returns. No exception leaves its functions.
struct GrpcPlugin {
  /// Changes whenever a type that crosses the boundary does.
  static constexpr std::uint32_t kVersion = 3;

  std::uint32_t version;
  Result<std::unique_ptr<GrpcServer>> (*start)(const GrpcOptions& options, ModelRegistry& registry);
};

/// The type and the name of that symbol.
using GrpcPluginEntry = const GrpcPlugin* (*)();
inline constexpr const char* kGrpcPluginSymbol = "martlet_grpc_plugin";

}  // namespace martlet
