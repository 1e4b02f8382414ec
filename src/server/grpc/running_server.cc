#include "server/grpc/running_server.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "server/grpc/health_mirror.h"
#include "server/grpc/inference_service.h"
#include "server/grpc/tei_services.h"

namespace martlet {
namespace {

constexpr auto kToCount = std::chrono::milliseconds(20);

std::shared_ptr<grpc::ServerCredentials> credentials(const GrpcOptions& options) {
  if (options.tls_certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({options.tls_key, options.tls_certificate});
  return grpc::SslServerCredentials(tls);
}

void set_limits(const GrpcLimits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(limits.message_bytes);
  builder.SetMaxSendMessageSize(-1);  // as large as what was asked for
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, limits.metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.calls);
  builder.AddChannelArgument(
      GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(limits.keepalive_time.count())
  );
  builder.AddChannelArgument(
      GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(limits.keepalive_timeout.count())
  );
  // Clients may ask for signs of life too, also between calls, but not in a flood.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // A second server on the same port is a mistake, not a wish to share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

/// gRPC would write to stderr, which is not the library's. GRPC_VERBOSITY asks for it all the same.
void silence_grpc() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
}

/// gRPC ends its threads in the background, which may outlast main and then meet destroyed statics:
/// whoever holds this last waits for them.
class GrpcThreads {
 public:
  GrpcThreads() { grpc_init(); }
  GrpcThreads(const GrpcThreads&) = delete;
  GrpcThreads& operator=(const GrpcThreads&) = delete;
  ~GrpcThreads() { grpc_shutdown_blocking(); }
};

class RunningServer final : public GrpcServer {
 public:
  RunningServer(const GrpcOptions& options, ModelRegistry& registry)
      : options_(options),
        rules_{options.api_key, static_cast<std::size_t>(options.limits.stream_window)},
        tei_handlers_(options_, registry),
        tei_services_(make_tei_services(rules_, tei_handlers_)),
        v2_handlers_(options_, registry),
        inference_(make_inference_service(rules_, v2_handlers_)) {}

  ~RunningServer() override { shut_down(std::chrono::steady_clock::now()); }

  Status start(const ModelRegistry& registry) {
    silence_grpc();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    set_limits(options_.limits, builder);
    const bool is_v6 = options_.host.find(':') != std::string::npos;
    const std::string address =
        fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), options_.host, options_.port);
    builder.AddListeningPort(address, credentials(options_), &port_);
    for (const auto& service : tei_services_) builder.RegisterService(service.get());
    builder.RegisterService(inference_.get());
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0) {
      return error(
          StatusCode::kIo, "grpc", "cannot listen on {}, expected an address that is free{}",
          address, options_.tls_certificate.empty() ? "" : " and a certificate with its key"
      );
    }
    health_.emplace(registry, *server_->GetHealthCheckService());
    return {};
  }

  [[nodiscard]] int port() const noexcept override { return port_; }

  std::size_t shut_down(std::chrono::steady_clock::time_point deadline) override {
    if (!server_) return 0;
    health_.reset();
    server_->GetHealthCheckService()->Shutdown();
    // gRPC does not say what it cancels: it is counted just before.
    const auto left = deadline - std::chrono::steady_clock::now();
    const auto cut = std::chrono::system_clock::now() + left + kToCount;
    const auto done = std::async(std::launch::async, [this, cut] {
      server_->Shutdown(cut);
      server_->Wait();
    });
    std::size_t unanswered = 0;
    if (done.wait_until(deadline) == std::future_status::timeout) unanswered = rules_.unanswered;
    done.wait();
    server_.reset();
    // Whoever answered last has let go of the rules, which may end now. gRPC has made sure of it,
    // but not in a way that ThreadSanitizer sees.
    static_cast<void>(rules_.unanswered.load());
    return unanswered;
  }

 private:
  const GrpcThreads threads_;  // first, so that all else is gone when they end
  const GrpcOptions options_;
  const CallRules rules_;
  const TeiHandlers tei_handlers_;
  const std::vector<std::unique_ptr<grpc::Service>> tei_services_;
  const V2Handlers v2_handlers_;
  const std::unique_ptr<grpc::Service> inference_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<HealthMirror> health_;
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> run_grpc_server(
    const GrpcOptions& options, ModelRegistry& registry
) {
  auto server = std::make_unique<RunningServer>(options, registry);
  MARTLET_RETURN_IF_ERROR(server->start(registry));
  return server;
}

}  // namespace martlet
