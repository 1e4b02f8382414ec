#include "server/http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

namespace martlet {
namespace {

bool is_field_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

std::string format_date(std::time_t now) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format(
      "{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)],
      utc.tm_mday, kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
      utc.tm_min, utc.tm_sec
  );
}

}  // namespace

std::string_view http_date() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  if (const std::time_t now = std::time(nullptr); now != second) {
    second = now;
    text = format_date(now);
  }
  return text;
}

std::string write_head(const HttpResponse& response, const HeadOptions& options) {
  std::string head;
  head.reserve(256);
  fmt::format_to(
      std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
      reason_phrase(response.status)
  );
  add_field(head, "Server", "martlet");
  add_field(head, "Date", http_date());
  if (!response.content_type.empty() && is_field_text(response.content_type)) {
    add_field(head, "Content-Type", response.content_type);
  }
  if (options.chunked) add_field(head, "Transfer-Encoding", "chunked");
  if (options.content_length) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", *options.content_length);
  }
  if (!options.allow_origin.empty()) {
    add_field(head, "Access-Control-Allow-Origin", options.allow_origin);
    add_field(head, "Access-Control-Expose-Headers", "X-Request-Id, Retry-After, Server-Timing");
    if (options.allow_origin != "*") add_field(head, "Vary", "Origin");
  }
  add_field(head, "X-Request-Id", options.request_id);
  if (!options.keep_alive) add_field(head, "Connection", "close");
  for (const auto& [name, value] : response.headers) {
    if (is_field_text(name) && is_field_text(value)) add_field(head, name, value);
  }
  return head.append("\r\n");
}

}  // namespace martlet
