#include "server/grpc/health_mirror.h"

#include <chrono>

namespace martlet {

HealthMirror::HealthMirror(const ModelRegistry& registry, grpc::HealthCheckServiceInterface& health)
    : registry_(registry), health_(health) {
  look();
  thread_ = std::thread([this] { loop(); });
}

HealthMirror::~HealthMirror() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void HealthMirror::loop() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, std::chrono::milliseconds(50), [this] { return ending_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void HealthMirror::look() {
  health_.SetServingStatus("", registry_.ready());
  std::set<std::string> gone = known_;
  for (const ModelEntry& entry : registry_.index()) {
    health_.SetServingStatus(entry.name, entry.state == ModelState::kReady);
    known_.insert(entry.name);
    gone.erase(entry.name);
  }
  for (const std::string& name : gone) health_.SetServingStatus(name, false);
}

}  // namespace martlet
