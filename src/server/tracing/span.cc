#include "server/tracing/span.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "server/http/request_identity.h"

namespace martlet {
namespace {

namespace json = boost::json;

constexpr int kInternalKind = 1;
constexpr int kServerKind = 2;
constexpr int kErrorStatus = 2;

std::chrono::system_clock::time_point wall_time(std::chrono::steady_clock::time_point time) {
  const auto ago = std::chrono::steady_clock::now() - time;
  return std::chrono::system_clock::now() -
         std::chrono::duration_cast<std::chrono::system_clock::duration>(ago);
}

std::string nanoseconds_text(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return fmt::format("{}", since.count());
}

Span server_span(const HttpRecord& record) {
  const bool has_parent = !record.traceparent.empty();
  return {
      .trace_id = has_parent ? std::string(record.traceparent.substr(3, 32))
                             : make_request_id() + make_request_id(),
      .span_id = make_request_id(),
      .parent_id = has_parent ? std::string(record.traceparent.substr(36, 16)) : std::string(),
      .name = fmt::format("{} {}", record.method, record.route),
      .is_server = true,
      .failed = record.status >= 500,
      .begin = wall_time(record.received),
      .end = wall_time(record.written),
      .words =
          {{"http.request.method", std::string(record.method)},
           {"http.route", std::string(record.route)},
           {"client.address", std::string(record.client)},
           {"martlet.request_id", std::string(record.id)}},
      .numbers =
          {{"http.response.status_code", record.status},
           {"http.request.body.size", static_cast<std::int64_t>(record.bytes_in)},
           {"http.response.size", static_cast<std::int64_t>(record.bytes_out)}},
  };
}

Span phase_span(
    const Span& parent, std::string_view name, std::chrono::system_clock::time_point begin,
    std::chrono::nanoseconds length
) {
  return {
      .trace_id = parent.trace_id,
      .span_id = make_request_id(),
      .parent_id = parent.span_id,
      .name = std::string(name),
      .begin = begin,
      .end = begin + std::chrono::duration_cast<std::chrono::system_clock::duration>(length),
      .words = {},
      .numbers = {},
  };
}

json::object to_json(const Span& span) {
  json::array attributes;
  for (const auto& [key, value] : span.words) {
    attributes.push_back({{"key", key}, {"value", {{"stringValue", value}}}});
  }
  for (const auto& [key, value] : span.numbers) {
    attributes.push_back({{"key", key}, {"value", {{"intValue", fmt::format("{}", value)}}}});
  }
  json::object object{
      {"traceId", span.trace_id},
      {"spanId", span.span_id},
      {"name", span.name},
      {"kind", span.is_server ? kServerKind : kInternalKind},
      {"startTimeUnixNano", nanoseconds_text(span.begin)},
      {"endTimeUnixNano", nanoseconds_text(span.end)},
      {"attributes", std::move(attributes)},
  };
  if (!span.parent_id.empty()) object["parentSpanId"] = span.parent_id;
  if (span.failed) object["status"] = {{"code", kErrorStatus}};
  return object;
}

}  // namespace

std::optional<bool> wants_trace(std::string_view traceparent) {
  if (traceparent.empty()) return std::nullopt;
  const char flags = traceparent.back();  // a lower hexadecimal digit; its lowest bit says sampled
  return ((flags >= 'a' ? flags - 'a' + 10 : flags - '0') & 1) != 0;
}

std::vector<Span> spans_of(const HttpRecord& record) {
  std::vector<Span> spans{server_span(record)};
  const HttpPhases& phases = record.phases;
  // Of many texts these are the longest times of each phase; their sum may then exceed the whole.
  auto begin = spans.front().begin;
  for (const auto& [name, length] :
       {std::pair{"tokenize", phases.tokenize}, std::pair{"queue", phases.queue},
        std::pair{"run", phases.run}}) {
    if (length.count() == 0) continue;
    Span span = phase_span(spans.front(), name, begin, length);
    begin = span.end;
    if (std::string_view(name) == "run") {
      span.numbers = {
          {"martlet.batch.texts", phases.batch_texts}, {"martlet.batch.tokens", phases.batch_tokens}
      };
    }
    spans.push_back(std::move(span));
  }
  return spans;
}

std::string otlp_json(std::span<const Span> spans, std::string_view service) {
  json::array list;
  for (const Span& span : spans) list.push_back(to_json(span));
  const json::object name{{"key", "service.name"}, {"value", {{"stringValue", service}}}};
  const json::object scope{
      {"scope", {{"name", "martlet"}}},
      {"spans", std::move(list)},
  };
  const json::object resource{
      {"resource", {{"attributes", json::array{name}}}},
      {"scopeSpans", json::array{scope}},
  };
  return json::serialize(json::object{{"resourceSpans", json::array{resource}}});
}

}  // namespace martlet
