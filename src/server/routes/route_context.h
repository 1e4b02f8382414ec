// What every dialect's routes stand on.
#pragma once

#include "server/http/message.h"
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

/// Bodies larger than this are read on RouteContext::readers.
inline constexpr std::size_t kLargeBody = 64 << 10;

/// `handler` runs at once for a small body, and on a reader for a large one; when too many of those
/// wait, the answer is 503.
Handler off_io_thread(const RouteContext& context, Handler handler);

}  // namespace martlet
