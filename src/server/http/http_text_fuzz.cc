// The small texts that clients send: compressed bodies, paths, queries, ids, and what is written
// about them.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/http/access_log.h"
#include "server/http/content_coding.h"
#include "server/http/request_identity.h"
#include "server/http/response_head.h"
#include "server/http/router.h"

namespace {

using namespace martlet;

void check_coding(std::string_view text) {
  constexpr std::size_t kLimit = 1 << 16;
  for (const ContentCoding coding : {ContentCoding::kGzip, ContentCoding::kDeflate}) {
    const auto unpacked = decompress(text, coding, kLimit);
    if (unpacked && unpacked->size() > kLimit) std::abort();
    if (decompress(compress(text, coding), coding, text.size()).value() != text) std::abort();
  }
  parse_content_coding(text);
  choose_coding(text);
}

/// A header has as many lines as it was given, whatever is in them.
void check_head(std::string_view text) {
  HttpResponse response{.content_type = std::string(text)};
  response.headers.emplace_back(text, "value");
  response.headers.emplace_back("X-Text", text);
  const std::string head = write_head(response, {.content_length = 0});
  if (head.find("\r\n\r\n") != head.size() - 4) std::abort();
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) std::abort();
  }
}

void check_log(std::string_view text) {
  const HttpRecord record{
      .method = text,
      .path = text,
      .route = "",
      .id = is_request_id(text) ? text : "id",
      .traceparent = is_traceparent(text) ? text : "",
      .client = "",
  };
  const std::string line = access_log_line(record, "now");
  if (line.find('\n') != line.size() - 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_coding(text);
  check_head(text);
  check_log(text);
  std::string decoded;
  if (percent_decode(text, decoded) && decoded.size() > text.size()) std::abort();
  query_parameter(text, "a");
  return 0;
}
