#include "server/tracing/trace_exporter.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <exception>
#include <iterator>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

constexpr std::size_t kWaitingSpans = 4096;
constexpr auto kPeriod = 1s;
constexpr auto kPatience = 3s;

}  // namespace

Result<TraceExporter::Url> TraceExporter::parse_url(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  const std::string rest = text.starts_with(kScheme) ? text.substr(kScheme.size()) : "";
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string authority = rest.substr(0, slash);
  const std::size_t colon = std::min(authority.rfind(':'), authority.size());
  Url url{
      .host = authority.substr(0, colon),
      .port = colon < authority.size() ? authority.substr(colon + 1) : "4318",
      .path = slash < rest.size() ? rest.substr(slash) : "/v1/traces",
  };
  if (!url.host.empty() && !url.port.empty()) return url;
  return error(
      StatusCode::kInvalidArgument, "otlp-endpoint",
      "got '{}', expected a URL such as http://127.0.0.1:4318/v1/traces", text
  );
}

Result<std::unique_ptr<TraceExporter>> TraceExporter::start(TraceOptions options) {
  auto url = parse_url(options.endpoint);
  if (!url) return url.status();
  return std::unique_ptr<TraceExporter>(new TraceExporter(std::move(options), std::move(*url)));
}

TraceExporter::TraceExporter(TraceOptions options, Url url)
    : options_(std::move(options)), url_(std::move(url)), thread_([this] { export_all(); }) {}

TraceExporter::~TraceExporter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  more_.notify_one();
  thread_.join();
}

bool TraceExporter::is_sampled(const HttpRecord& record) {
  if (const auto wanted = wants_trace(record.traceparent)) return *wanted;
  const std::lock_guard lock(mutex_);
  due_ += options_.sample;
  if (due_ < 1) return false;
  due_ -= 1;
  return true;
}

void TraceExporter::on_exchange(const HttpRecord& record) {
  if (record.route.empty() || !is_sampled(record)) return;
  std::vector<Span> spans = spans_of(record);
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + spans.size() > kWaitingSpans) {
    dropped_ += spans.size();
    return;
  }
  std::ranges::move(spans, std::back_inserter(waiting_));
}

std::uint64_t TraceExporter::exported() const {
  const std::lock_guard lock(mutex_);
  return exported_;
}

std::uint64_t TraceExporter::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void TraceExporter::export_all() {
  std::unique_lock lock(mutex_);
  while (!ending_ || !waiting_.empty()) {
    more_.wait_for(lock, kPeriod, [this] { return ending_; });
    const std::vector<Span> spans = std::exchange(waiting_, {});
    if (spans.empty()) continue;
    lock.unlock();
    const bool arrived = post(otlp_json(spans, options_.service));
    lock.lock();
    (arrived ? exported_ : dropped_) += spans.size();
  }
}

/// Whether the collector took it. Every step has the same few seconds.
bool TraceExporter::post(const std::string& body) const {
  try {
    asio::io_context context;
    beast::tcp_stream stream(context);
    beast::error_code failed;
    const auto step = [&](auto&& start) {
      stream.expires_after(kPatience);
      start([&](beast::error_code result, auto&&...) { failed = result; });
      context.restart();
      context.run();
      return !failed;
    };
    const auto addresses = asio::ip::tcp::resolver(context).resolve(url_.host, url_.port, failed);
    if (failed) return false;
    http::request<http::string_body> request(http::verb::post, url_.path, 11, body);
    request.set(http::field::host, url_.host);
    request.set(http::field::content_type, "application/json");
    request.prepare_payload();
    http::response<http::string_body> response;
    beast::flat_buffer buffer;
    return step([&](auto done) { stream.async_connect(addresses, done); }) &&
           step([&](auto done) { http::async_write(stream, request, done); }) &&
           step([&](auto done) { http::async_read(stream, buffer, response, done); }) &&
           response.result_int() < 300;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace martlet
