#include "server/routes/route_context.h"

#include <memory>
#include <optional>
#include <utility>

#include "core/heap.h"
#include "server/routes/failure.h"

namespace martlet {
namespace {

/// What is read of a larger body is many times as much, in small blocks.
constexpr std::size_t kBodyWorthGivingBack = std::size_t{1} << 20;

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
    const std::size_t request_bytes = request.body.size();
    const auto job = std::make_shared<Job>(Job{std::move(request), std::move(responder)});
    const bool worth_giving_back = request_bytes > kBodyWorthGivingBack;
    const bool taken = context.readers.push([&handler, job, worth_giving_back] {
      handler(std::move(job->request), std::move(job->responder));
      job->request = {};
      if (worth_giving_back) give_back_free_memory();
    });
    if (taken) return;
    HttpResponse busy{.status = 503, .headers = {{"Retry-After", "1"}}};
    busy.body = R"({"error":"[request] too many large bodies wait"})";
    job->responder.send(std::move(busy));
  };
}

}  // namespace martlet
