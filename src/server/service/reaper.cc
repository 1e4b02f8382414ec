#include "server/service/reaper.h"

#include <utility>

namespace martlet {

Reaper::Reaper() : thread_([this] { loop(); }) {}

Reaper::~Reaper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Reaper::destroy(std::unique_ptr<ServedModel> model) {
  {
    const std::lock_guard lock(mutex_);
    models_.push_back(std::move(model));
  }
  changed_.notify_one();
}

void Reaper::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !models_.empty(); });
    if (models_.empty()) return;
    auto models = std::exchange(models_, {});
    lock.unlock();
    models.clear();
    lock.lock();
  }
}

std::shared_ptr<ServedModel> share(
    std::unique_ptr<ServedModel> model, const std::shared_ptr<Reaper>& reaper
) {
  return {model.release(), [reaper](ServedModel* last) {
            reaper->destroy(std::unique_ptr<ServedModel>(last));
          }};
}

}  // namespace martlet
