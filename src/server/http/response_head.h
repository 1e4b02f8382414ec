// The bytes in front of a response's body.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace martlet {

struct HeadOptions {
  std::optional<std::size_t> content_length{};  // none: a stream
  bool chunked = false;
  bool keep_alive = true;
  std::string_view request_id{};
  std::string_view allow_origin{};  // empty: no CORS
};

/// Status line and header fields, the empty line included. Fields of `response` that cannot stand
/// in a header (line breaks, control characters) are left out.
std::string write_head(const HttpResponse& response, const HeadOptions& options);

/// The current time as HTTP writes it; made once a second per thread.
std::string_view http_date();

}  // namespace martlet
