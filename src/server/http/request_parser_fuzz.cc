// However the network cuts the bytes, the same requests come out of them. (That bytes are refused
// may show earlier when more of them come at once.)
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/request_parser.h"

namespace {

using martlet::RequestParser;

using Requests = std::vector<std::string>;

std::string describe(const martlet::HttpRequest& request) {
  std::string text = request.method + '\n' + request.path + '\n' + request.query + '\n';
  for (const auto& [name, value] : request.headers) text += name + ':' + value + '\n';
  return text + request.body;
}

/// Feeds the parser as a connection does: what it leaves comes again, with `step` bytes more.
Requests parse(std::string_view data, std::size_t step, const martlet::HttpLimits& limits) {
  RequestParser parser(limits);
  Requests requests;
  std::string rest;
  while (!data.empty()) {
    rest += data.substr(0, step);
    data.remove_prefix(std::min(step, data.size()));
    while (!rest.empty()) {
      const RequestParser::State before = parser.state();
      const std::size_t taken = parser.consume(rest);
      if (taken > rest.size()) std::abort();
      rest.erase(0, taken);
      if (parser.state() == RequestParser::State::kFailed) {
        if (parser.failure().status < 400) std::abort();
        return requests;
      }
      if (parser.state() == RequestParser::State::kComplete) {
        if (parser.request().body.size() > limits.body_bytes) std::abort();
        requests.push_back(describe(parser.request()));
        parser.reset();
      } else if (taken == 0 && parser.state() == before) {
        break;
      }
    }
  }
  return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  martlet::HttpLimits limits;
  limits.header_bytes = 1024;
  limits.header_fields = 20;
  limits.body_bytes = 512;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Requests whole = parse(text, text.size() + 1, limits);
  if (parse(text, 1 + data[0] % 64, limits) != whole) std::abort();
  return 0;
}
