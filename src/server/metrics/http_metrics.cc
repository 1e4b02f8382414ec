#include "server/metrics/http_metrics.h"

#include <chrono>

namespace martlet {
namespace {

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void HttpMetrics::on_exchange(const HttpRecord& record) {
  // Only patterns of routes are labels: paths are whatever clients make up.
  const std::string_view name = record.route.empty() ? "unmatched" : record.route;
  const std::lock_guard lock(mutex_);
  auto found = routes_.find(name);
  if (found == routes_.end()) found = routes_.emplace(name, Route()).first;
  Route& route = found->second;
  ++route.by_status[record.status];
  route.seconds.add(seconds(record.written - record.received));
  route.write_seconds.add(seconds(record.written - record.answered));
  route.bytes_in += record.bytes_in;
  route.bytes_out += record.bytes_out;
}

void HttpMetrics::write(Exposition& out) const {
  const std::lock_guard lock(mutex_);
  out.counter("martlet_http_requests_total", "HTTP requests by route and status.");
  for (const auto& [route, facts] : routes_) {
    for (const auto& [status, count] : facts.by_status) {
      out.sample(
          {{"route", route}, {"status", std::to_string(status)}}, static_cast<double>(count)
      );
    }
  }
  out.counter("martlet_http_request_bytes_total", "Bytes of request bodies, decompressed.");
  for (const auto& [route, facts] : routes_) {
    out.sample({{"route", route}}, static_cast<double>(facts.bytes_in));
  }
  out.counter("martlet_http_response_bytes_total", "Bytes of responses, headers included.");
  for (const auto& [route, facts] : routes_) {
    out.sample({{"route", route}}, static_cast<double>(facts.bytes_out));
  }
  out.histogram(
      "martlet_http_request_seconds", "From a request's first byte to its answer's last."
  );
  for (const auto& [route, facts] : routes_) out.sample({{"route", route}}, facts.seconds);
  out.histogram("martlet_http_write_seconds", "From a complete answer to its last byte written.");
  for (const auto& [route, facts] : routes_) out.sample({{"route", route}}, facts.write_seconds);
}

}  // namespace martlet
