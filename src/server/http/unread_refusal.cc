#include "server/http/unread_refusal.h"

#include <chrono>

#include "server/http/request_identity.h"
#include "server/http/response_head.h"
#include "server/http/simple_request.h"

namespace martlet {

std::optional<std::string> refuse_unread(
    const HttpContext& context, std::string_view data, std::string_view client
) {
  const auto received = std::chrono::steady_clock::now();
  if (!context.options.api_key.empty()) return std::nullopt;  // the key would have to be read
  const auto request = read_simple_request(data, context.options.limits);
  if (!request) return std::nullopt;
  const auto refusal = context.router.refuse_post(request->path, request->body);
  if (!refusal) return std::nullopt;
  const HttpResponse& response = refusal->response;
  const std::string id = make_request_id();
  std::string bytes =
      write_head(response, {.content_length = response.body.size(), .request_id = id});
  bytes += response.body;
  if (context.observer == nullptr) return bytes;
  const auto answered = std::chrono::steady_clock::now();
  context.observer->on_exchange({
      .method = "POST",
      .path = request->path,
      .route = refusal->pattern,
      .id = id,
      .traceparent = {},
      .client = client,
      .status = response.status,
      .bytes_in = request->body.size(),
      .bytes_out = bytes.size(),
      .received = received,
      .answered = answered,
      .written = answered,  // the caller writes at once
  });
  return bytes;
}

}  // namespace martlet
