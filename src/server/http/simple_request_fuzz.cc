// What is read as a simple request, the parser takes as one whole request that says the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/http/request_parser.h"
#include "server/http/simple_request.h"

namespace {

using martlet::RequestParser;

/// What the parser makes of `data`, as a connection feeds it; null when it wants more or fails.
martlet::HttpRequest* parse(RequestParser& parser, std::string_view& data) {
  while (!data.empty() && parser.state() != RequestParser::State::kComplete) {
    const RequestParser::State before = parser.state();
    const std::size_t taken = parser.consume(data);
    data.remove_prefix(taken);
    if (parser.state() == RequestParser::State::kFailed) return nullptr;
    if (taken == 0 && parser.state() == before) return nullptr;
  }
  return parser.state() == RequestParser::State::kComplete ? &parser.request() : nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  martlet::HttpLimits limits;
  limits.header_bytes = 512;
  limits.header_fields = 8;
  limits.body_bytes = 256;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto simple = martlet::read_simple_request(text, limits);
  if (!simple) return 0;
  RequestParser parser(limits);
  std::string_view left = text;
  const martlet::HttpRequest* const whole = parse(parser, left);
  const bool same = whole != nullptr && left.empty() && whole->method == "POST" &&
                    whole->path == simple->path && whole->query.empty() &&
                    whole->body == simple->body && parser.keep_alive() && parser.http11() &&
                    !parser.expects_continue();
  if (!same) std::abort();
  return 0;
}
