// HTTP/1.1 keep-alive load on a server of this machine, from one thread.
//
// Closed loop: each connection sends its next request when it has its answer. Open loop: requests
// are due at random (Poisson) times that do not care how the server does, and latency counts from
// the time a request was due, also when it had to wait for a free connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load_recorder.h"
#include "bench/load_request.h"
#include "martlet/status.h"

namespace martlet {

struct LoadOptions {
  /// At most; an open loop opens them as it needs them.
  int connections = 32;
  /// Requests a second of an open loop; 0: closed.
  double rate = 0;
  /// An open loop sends what has become due within this time, and takes the answers that have come
  /// within it, at once: many requests a second then cost the machine less. Requests are sent up to
  /// so much later, and answers seem to come up to so much later.
  std::chrono::nanoseconds pacing{0};
  std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  /// For an answer, and for the rest of the answers at the end.
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);
  std::uint64_t seed = 1;
};

/// Sends `requests`, whole HTTP requests, in turn from a random one on. kInvalidArgument for a
/// target that is not on this machine, kUnavailable when nothing answers there.
Result<LoadReport> run_load(
    const LoadTarget& target, const std::vector<std::string>& requests, const LoadOptions& options
);

}  // namespace martlet
