#include "server/routes/failure.h"

#include <algorithm>
#include <chrono>

#include "formats/json_writer.h"
#include "server/service/public_message.h"

namespace martlet {

int http_status(StatusCode code) noexcept {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kInvalidInput:
    case StatusCode::kUnsupported:
      return 400;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kInvalidModel:
    case StatusCode::kIo:
    case StatusCode::kInternal:
      break;
  }
  return 500;
}

HttpResponse failure_response(
    const Status& status, const RequestFacts& facts, const ErrorShape& shape,
    int (*status_of)(StatusCode) noexcept
) {
  const int code = status_of(status.code());
  HttpResponse response = shape(code, message_for_client(status));
  response.status = code;
  if (facts.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*facts.retry_after).count();
    response.headers.emplace_back("Retry-After", std::to_string(std::max<int64_t>(seconds, 1)));
    response.headers.emplace_back("Retry-After-Ms", std::to_string(facts.retry_after->count()));
  }
  return response;
}

HttpResponse plain_error(int status, std::string_view message) {
  HttpResponse response{.status = status};
  JsonObject(response.body).member("error", message);
  return response;
}

}  // namespace martlet
