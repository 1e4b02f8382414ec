// Requests that came in one piece and say nothing special: what nearly all clients send. Read
// without copying anything, for who only has to be told that there is no room.
#pragma once

#include <optional>
#include <string_view>

#include "server/http/options.h"

namespace martlet {

/// A POST of HTTP/1.1 that keeps the connection. Views into what was read.
struct SimpleRequest {
  std::string_view path;  // without escapes or a query
  std::string_view body;
};

/// `data` as one whole simple request: RequestParser makes the same of it, and its header has
/// nothing that could change the answer to a request that is refused. Anything else is nothing,
/// and the parser's.
std::optional<SimpleRequest> read_simple_request(std::string_view data, const HttpLimits& limits);

}  // namespace martlet
