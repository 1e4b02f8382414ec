// Keeps grpc.health.v1 telling what the registry says: "" for the server, a model's name for a
// model.
#pragma once

#include <grpcpp/health_check_service_interface.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "server/service/model_registry.h"

namespace martlet {

class HealthMirror {
 public:
  /// Looks at the registry at once, then every 50 ms on a thread of its own. Both arguments must
  /// outlive it.
  HealthMirror(const ModelRegistry& registry, grpc::HealthCheckServiceInterface& health);
  ~HealthMirror();
  HealthMirror(const HealthMirror&) = delete;
  HealthMirror& operator=(const HealthMirror&) = delete;

 private:
  void loop();
  void look();

  const ModelRegistry& registry_;
  grpc::HealthCheckServiceInterface& health_;
  std::set<std::string> known_;  // names that health has been told of

  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace martlet
