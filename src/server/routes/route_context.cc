#include "server/routes/route_context.h"

#include <memory>
#include <optional>
#include <utility>

#include "server/routes/failure.h"

namespace martlet {
namespace {

/// May find one that is none, in a text; then the request is read.
bool names_priority(const Headers& headers, std::string_view body) {
  return headers.find("X-Priority") != nullptr || body.find("priority") != body.npos;
}

}  // namespace

Gate while_there_is_room(const RouteContext& context, const Dialect& dialect) {
  return [&context,
          &dialect](const Headers& headers, std::string_view body) -> std::optional<HttpResponse> {
    if (body.size() > kLargeBody || names_priority(headers, body)) return std::nullopt;
    const auto model = context.models.only();
    const auto refused = model ? model->refuse_unread() : std::nullopt;
    if (!refused) return std::nullopt;
    return failure_response(
        refused->status, refused->facts, dialect.error_shape, dialect.status_of
    );
  };
}

Handler off_io_thread(const RouteContext& context, Handler handler) {
  return [&context, handler = std::move(handler)](HttpRequest&& request, Responder&& responder) {
    if (request.body.size() <= kLargeBody) return handler(std::move(request), std::move(responder));
    struct Job {
      HttpRequest request;
      Responder responder;
    };
    const auto job = std::make_shared<Job>(Job{std::move(request), std::move(responder)});
    const bool taken = context.readers.push([&handler, job] {
      handler(std::move(job->request), std::move(job->responder));
    });
    if (taken) return;
    HttpResponse busy{.status = 503, .headers = {{"Retry-After", "1"}}};
    busy.body = R"({"error":"[request] too many large bodies wait"})";
    job->responder.send(std::move(busy));
  };
}

}  // namespace martlet
