// What a load generator sends: one text as an HTTP request, in the shape a server expects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

struct LoadTarget {
  std::string host;  // as in the URL: a name or an address, without brackets
  std::uint16_t port = 0;
  std::string path;  // of the URL; empty: the dialect's own
};

/// http://HOST[:PORT][/PATH]. kInvalidArgument for anything else.
Result<LoadTarget> parse_load_target(std::string_view url);

struct LoadShape {
  std::string path;
  std::string body;  // JSON in which {text} stands for the text as a JSON string
};

/// "native", "tei" or "openai". kInvalidArgument for another word.
Result<LoadShape> load_shape(std::string_view dialect);

/// The whole HTTP/1.1 request, header and body.
std::string make_load_request(
    const LoadTarget& target, const LoadShape& shape, std::string_view text
);

}  // namespace martlet
