// What every dialect's routes stand on.
#pragma once

#include <utility>

#include "server/http/message.h"
#include "server/routes/text_route.h"
#include "server/service/model_registry.h"
#include "server/service/work_queue.h"

namespace martlet {

/// Outlives the router.
struct RouteContext {
  ModelRegistry& models;
  /// Reads bodies that are too large to be read on an I/O thread.
  WorkQueue& readers;
  /// What /info says of the limits.
  ServingOptions serving;
};

/// `route` with its context, as a handler.
template <class Route>
Handler in_context(const RouteContext& context, Route route) {
  return [&context, route = std::move(route)](HttpRequest&& request, Responder&& responder) {
    route(context, std::move(request), std::move(responder));
  };
}

/// Bodies larger than this are read on RouteContext::readers.
inline constexpr std::size_t kLargeBody = 64 << 10;

/// `handler` runs at once for a small body, and on a reader for a large one; when too many of those
/// wait, the answer is 503.
Handler off_io_thread(const RouteContext& context, Handler handler);

/// For requests to models: one that would be refused whatever it asks is refused unread, in the
/// dialect's words. Which model and how urgent must be plain without reading: there is one, and
/// nothing is said of priorities. `dialect` outlives the gate.
Gate while_there_is_room(const RouteContext& context, const Dialect& dialect);

}  // namespace martlet
