// What the transport tells the rest of the server about finished exchanges: for metrics and logs.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace martlet {

struct HttpRecord {
  std::string_view method;
  std::string_view path;
  std::string_view route;  // the pattern that matched; empty when none did
  std::string_view id;
  std::string_view traceparent;  // valid, or empty
  std::string_view client;
  int status = 0;  // 499: the client was gone before its answer
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  std::chrono::steady_clock::time_point received{};
  std::chrono::steady_clock::time_point answered{};  // the route's answer was complete
  std::chrono::steady_clock::time_point written{};   // its last byte was handed to the system
  HttpPhases phases{};
};

/// Called on I/O threads, several at once; must be short.
class HttpObserver {
 public:
  virtual ~HttpObserver() = default;
  virtual void on_exchange(const HttpRecord& record) = 0;
};

}  // namespace martlet
