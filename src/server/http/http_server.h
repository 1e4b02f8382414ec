// HTTP/1.1 over TCP or TLS: keep-alive, pipelining, chunked and compressed bodies, limits. Routes
// see messages only (message.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "martlet/status.h"
#include "server/http/observer.h"
#include "server/http/options.h"
#include "server/http/router.h"

namespace martlet {

class HttpServer {
 public:
  /// Listens, and answers from its own threads. `router` and `observer` (may be null) must outlive
  /// the server and every Responder. kIo when it cannot listen there, kInvalidInput for a
  /// certificate that cannot be used, kInvalidArgument for an address that is none.
  static Result<std::unique_ptr<HttpServer>> start(
      HttpOptions options, const Router& router, HttpObserver* observer = nullptr
  );

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // closes every connection

  /// Where it listens; the one that the system chose for port 0.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Takes no new connections, answers every request that has come, closes each connection after
  /// its answers; blocks until that is done or `deadline` has passed. Returns how many requests
  /// were left unanswered.
  std::size_t drain(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] std::size_t connections() const noexcept;
  /// Requests that have come and are not yet answered.
  [[nodiscard]] std::size_t exchanges() const noexcept;

 private:
  class Listener;

  explicit HttpServer(std::shared_ptr<Listener> listener);

  std::shared_ptr<Listener> listener_;
};

}  // namespace martlet
