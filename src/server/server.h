// The server as a whole: listeners, models, and the order in which they come and go.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "martlet/status.h"
#include "server/config/server_config.h"

namespace martlet {

class Server {
 public:
  /// One line for the operator, e.g. "HTTP listens on 127.0.0.1:8080". From any thread.
  using Say = std::function<void(std::string_view line)>;

  /// Listens at once, answering truthfully that nothing is ready; then loads the models, one after
  /// the other, in the background. Failures are those of listening and of the configuration.
  static Result<std::unique_ptr<Server>> start(const ServerConfig& config, Say say);

  virtual ~Server() = default;

  /// None while models are being loaded. Then ok when at least one of them can be used (or none was
  /// asked for), else why the first cannot.
  [[nodiscard]] virtual std::optional<Status> loaded() const = 0;

  /// Not ready from now on; after the delay that is configured takes no new requests, answers those
  /// that were accepted, and closes. Blocks, drain_timeout at most. kCancelled when requests were
  /// left unanswered.
  virtual Status shut_down() = 0;

  [[nodiscard]] virtual std::uint16_t http_port() const noexcept = 0;
};

}  // namespace martlet
