#include "server/routes/route_context.h"

#include <memory>
#include <utility>

namespace martlet {

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
