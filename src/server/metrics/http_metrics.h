// Counts what goes over HTTP, by route and status.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "server/http/observer.h"
#include "server/metrics/exposition.h"

namespace martlet {

class HttpMetrics final : public HttpObserver {
 public:
  void on_exchange(const HttpRecord& record) override;

  void write(Exposition& out) const;

 private:
  struct Route {
    std::map<int, std::uint64_t> by_status;
    Histogram seconds{seconds_bounds()};
    Histogram write_seconds{seconds_bounds()};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace martlet
