// What all connections of one HTTP server share.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "server/http/access.h"
#include "server/http/io_thread.h"
#include "server/http/observer.h"
#include "server/http/options.h"
#include "server/http/router.h"

namespace martlet {

/// Owned by the server and by every connection, so that a route may answer long after the server is
/// gone.
struct HttpContext {
  HttpContext(HttpOptions chosen, const Router& routes, HttpObserver* watcher)
      : options(std::move(chosen)), router(routes), access(options), observer(watcher) {}

  const HttpOptions options;
  const Router& router;
  const Access access;
  HttpObserver* const observer;  // may be null
  std::vector<std::unique_ptr<IoThread>> io_threads;
  boost::asio::thread_pool decompressors{1};  // a body that unpacks to megabytes must not stall I/O
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> exchanges{0};  // requests accepted and not yet answered
};

}  // namespace martlet
