// Sends spans to an OpenTelemetry collector, OTLP over HTTP in JSON, from a thread of its own. A
// collector that is slow or gone costs spans, never answers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "martlet/status.h"
#include "server/http/observer.h"
#include "server/tracing/span.h"
#include "server/tracing/trace_options.h"

namespace martlet {

class TraceExporter final : public HttpObserver {
 public:
  /// kInvalidArgument for an endpoint that is no http:// URL.
  static Result<std::unique_ptr<TraceExporter>> start(TraceOptions options);

  TraceExporter(const TraceExporter&) = delete;
  TraceExporter& operator=(const TraceExporter&) = delete;
  ~TraceExporter() override;  // sends what is waiting, a few seconds at most

  void on_exchange(const HttpRecord& record) override;

  [[nodiscard]] std::uint64_t exported() const;
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Url {
    std::string host;
    std::string port;
    std::string path;
  };

  TraceExporter(TraceOptions options, Url url);
  static Result<Url> parse_url(const std::string& text);
  [[nodiscard]] bool is_sampled(const HttpRecord& record);
  void export_all();
  bool post(const std::string& body) const;

  const TraceOptions options_;
  const Url url_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Span> waiting_;
  double due_ = 0;  // sampled exchanges that are owed; a whole one is taken
  std::uint64_t exported_ = 0;
  std::uint64_t dropped_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace martlet
