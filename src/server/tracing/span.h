// Spans of distributed traces, and how OpenTelemetry's protocol writes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/observer.h"

namespace martlet {

struct Span {
  std::string trace_id;   // 32 hexadecimal digits
  std::string span_id;    // 16
  std::string parent_id;  // 16, or empty
  std::string name;
  bool is_server = false;  // else internal
  bool failed = false;
  std::chrono::system_clock::time_point begin;
  std::chrono::system_clock::time_point end;
  std::vector<std::pair<std::string, std::string>> words;
  std::vector<std::pair<std::string, std::int64_t>> numbers;
};

/// The span of an exchange, a child of the client's where it sent a traceparent, and below it a
/// span for each phase that the answer reports.
std::vector<Span> spans_of(const HttpRecord& record);

/// Whether the client wants this exchange traced; none where it did not say.
std::optional<bool> wants_trace(std::string_view traceparent);

/// The body of an OTLP/HTTP export in JSON.
std::string otlp_json(std::span<const Span> spans, std::string_view service);

}  // namespace martlet
