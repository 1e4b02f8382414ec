#include "server/server.h"

#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "server/grpc/grpc_server.h"
#include "server/health.h"
#include "server/http/access_log.h"
#include "server/http/http_server.h"
#include "server/metrics/http_metrics.h"
#include "server/metrics/model_metrics.h"
#include "server/page/page.h"
#include "server/routes/routes.h"
#include "server/service/model_registry.h"
#include "server/tracing/trace_exporter.h"

namespace martlet {
namespace {

using Clock = std::chrono::steady_clock;

/// Tells every observer.
class Observers final : public HttpObserver {
 public:
  void add(HttpObserver* observer) { all_.push_back(observer); }
  void on_exchange(const HttpRecord& record) override {
    for (HttpObserver* observer : all_) observer->on_exchange(record);
  }

 private:
  std::vector<HttpObserver*> all_;
};

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return error(StatusCode::kNotFound, path, "the file cannot be read, or is empty");
  }
  return text.str();
}

/// Reads what the configuration only names.
Status read_secrets(ServerConfig& config) {
  if (config.api_key_file.empty()) return {};
  auto key = read_text(config.api_key_file);
  if (!key) return key.status();
  key->erase(key->find_last_not_of(" \t\r\n") + 1);
  if (key->empty()) {
    return error(StatusCode::kInvalidInput, config.api_key_file, "the API key is empty");
  }
  config.http.api_key = std::move(*key);
  return {};
}

Status check(const ServerConfig& config) {
  if (config.http.tls_certificate.empty() != config.http.tls_key.empty()) {
    return error(
        StatusCode::kInvalidArgument, "tls", "got one of tls-certificate and tls-key, expected both"
    );
  }
  if (config.models.empty() && !config.admin_endpoint.on()) {
    return error(StatusCode::kInvalidArgument, "serve", "got no model, expected at least one");
  }
  return {};
}

class RunningServer final : public Server {
 public:
  RunningServer(ServerConfig config, Say say)
      : config_(std::move(config)),
        say_(std::move(say)),
        registry_(make_model_registry(config_.serving)),
        routes_(*registry_, config_.serving) {}

  ~RunningServer() override {
    stopping_.store(true);
    if (loader_.joinable()) loader_.join();
  }

  Status start();
  [[nodiscard]] std::optional<Status> loaded() const override;
  Status shut_down() override;
  [[nodiscard]] std::uint16_t http_port() const noexcept override {
    return http_ ? http_->port() : 0;
  }

 private:
  Status start_observers();
  void add_routes();
  Status start_http();
  Status start_admin();
  Status start_grpc();
  void load_models();
  void write_metrics(Responder&& responder) const;

  const ServerConfig config_;
  const Say say_;
  // What requests in flight use comes before what may still hold requests.
  Router router_;
  Router admin_router_;
  HttpMetrics metrics_;
  std::unique_ptr<AccessLog> access_log_;  // null: none
  std::unique_ptr<TraceExporter> traces_;  // null: none
  Observers observers_;
  std::unique_ptr<ModelRegistry> registry_;
  const RestRoutes routes_;
  std::vector<ModelSpec> specs_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<HttpServer> admin_;
  std::unique_ptr<GrpcServer> grpc_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::optional<Status> loaded_;
  std::thread loader_;
};

Status RunningServer::start() {
  for (const std::string& text : config_.models) {
    auto spec = parse_model_spec(text);
    if (!spec) return spec.status();
    specs_.push_back(std::move(*spec));
  }
  for (const ModelSpec& spec : specs_) registry_->announce(spec);
  MARTLET_RETURN_IF_ERROR(start_observers());
  add_routes();
  MARTLET_RETURN_IF_ERROR(start_http());
  MARTLET_RETURN_IF_ERROR(start_admin());
  MARTLET_RETURN_IF_ERROR(start_grpc());
  loader_ = std::thread([this] { load_models(); });
  return {};
}

Status RunningServer::start_observers() {
  observers_.add(&metrics_);
  if (!config_.access_log.empty()) {
    auto log = AccessLog::open(config_.access_log);
    if (!log) return log.status();
    access_log_ = std::move(*log);
    observers_.add(access_log_.get());
  }
  if (!config_.traces.endpoint.empty()) {
    auto traces = TraceExporter::start(config_.traces);
    if (!traces) return traces.status();
    traces_ = std::move(*traces);
    observers_.add(traces_.get());
  }
  return {};
}

void RunningServer::add_routes() {
  add_page_routes(router_);
  add_health_routes(router_, *registry_);
  router_.add("GET", "/metrics", [this](HttpRequest&&, Responder&& responder) {
    write_metrics(std::move(responder));
  });
  routes_.add_dialects(router_);
  routes_.add_admin(admin_router_);
}

Status RunningServer::start_http() {
  if (!config_.http_endpoint.on()) return {};
  auto server = HttpServer::start(config_.http, router_, &observers_);
  if (!server) return server.status();
  http_ = std::move(*server);
  say_(fmt::format(
      "HTTP{} listens on {}", config_.http.tls_certificate.empty() ? "" : "S",
      to_string(Endpoint{.address = config_.http.address, .port = http_->port()})
  ));
  return {};
}

Status RunningServer::start_admin() {
  if (!config_.admin_endpoint.on()) return {};
  HttpOptions options = config_.http;
  options.address = config_.admin_endpoint.address;
  options.port = config_.admin_endpoint.port;
  options.public_paths.clear();
  options.cors_origins.clear();
  auto server = HttpServer::start(std::move(options), admin_router_, &observers_);
  if (!server) return server.status();
  admin_ = std::move(*server);
  say_(fmt::format(
      "model administration listens on {}",
      to_string(Endpoint{.address = config_.admin_endpoint.address, .port = admin_->port()})
  ));
  return {};
}

Status RunningServer::start_grpc() {
  if (!config_.grpc_endpoint.on()) return {};
  GrpcOptions options;
  options.host = config_.grpc_endpoint.address;
  options.port = config_.grpc_endpoint.port;
  options.server_version = MARTLET_VERSION;
  options.serving = config_.serving;
  options.limits = config_.grpc_limits;
  options.api_key = config_.http.api_key;
  if (!config_.http.tls_certificate.empty()) {
    auto certificate = read_text(config_.http.tls_certificate);
    if (!certificate) return certificate.status();
    auto key = read_text(config_.http.tls_key);
    if (!key) return key.status();
    options.tls_certificate = std::move(*certificate);
    options.tls_key = std::move(*key);
  }
  auto server = start_grpc_server(options, *registry_);
  if (!server) return server.status();
  grpc_ = std::move(*server);
  say_(fmt::format(
      "gRPC{} listens on {}", options.tls_certificate.empty() ? "" : " with TLS",
      to_string(Endpoint{
          .address = config_.grpc_endpoint.address,
          .port = static_cast<std::uint16_t>(grpc_->port())
      })
  ));
  return {};
}

void RunningServer::load_models() {
  std::vector<Status> failures;
  for (const ModelSpec& spec : specs_) {
    if (stopping_.load()) break;
    const auto begin = Clock::now();
    Status status = registry_->load(spec);
    if (status.ok()) {
      const std::chrono::duration<double> took = Clock::now() - begin;
      say_(fmt::format("{} is loaded and warm, after {:.2f} s", spec.name, took.count()));
    } else {
      failures.push_back(std::move(status));
    }
  }
  const bool none = !failures.empty() && failures.size() == specs_.size();
  if (!none) {
    for (const Status& failure : failures) say_(failure.message());
  }
  const std::lock_guard lock(mutex_);
  loaded_ = none ? failures.front() : Status();
}

std::optional<Status> RunningServer::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

void RunningServer::write_metrics(Responder&& responder) const {
  Exposition out;
  write_model_metrics(*registry_, out);
  metrics_.write(out);
  out.gauge("martlet_http_connections", "Open HTTP connections.");
  out.sample({}, static_cast<double>(http_->connections()));
  out.gauge("martlet_http_requests_in_flight", "HTTP requests that are not yet answered.");
  out.sample({}, static_cast<double>(http_->exchanges()));
  if (access_log_) {
    out.counter("martlet_access_log_lost_lines_total", "Lines that the access log could not take.");
    out.sample({}, static_cast<double>(access_log_->lost()));
  }
  if (traces_) {
    out.counter("martlet_trace_spans_exported_total", "Spans that the collector took.");
    out.sample({}, static_cast<double>(traces_->exported()));
    out.counter("martlet_trace_spans_dropped_total", "Spans that it did not take in time.");
    out.sample({}, static_cast<double>(traces_->dropped()));
  }
  responder.send({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = out.text()});
}

Status RunningServer::shut_down() {
  stopping_.store(true);
  registry_->stop_being_ready();
  std::this_thread::sleep_for(config_.drain_delay);
  const auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(config_.drain_timeout);
  // Both transports at once, so that neither takes requests while the other has stopped.
  auto grpc_drain =
      std::async(std::launch::async, [&] { return grpc_ ? grpc_->shut_down(deadline) : 0; });
  std::size_t unanswered = http_ ? http_->drain(deadline) : 0;
  if (admin_) unanswered += admin_->drain(deadline);
  unanswered += grpc_drain.get();
  registry_->drain(deadline);
  if (unanswered == 0) return {};
  return error(
      StatusCode::kCancelled, "serve", "{} requests were not answered within the drain timeout",
      unanswered
  );
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerConfig& config, Say say) {
  MARTLET_RETURN_IF_ERROR(check(config));
  ServerConfig complete = config;
  MARTLET_RETURN_IF_ERROR(read_secrets(complete));
  auto server = std::make_unique<RunningServer>(std::move(complete), std::move(say));
  MARTLET_RETURN_IF_ERROR(server->start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace martlet
