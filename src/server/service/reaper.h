// Destroys models on a thread of its own: the last one to let go of a model may be a thread that
// the model waits for when it is destroyed.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/service/served_model.h"

namespace martlet {

class Reaper {
 public:
  Reaper();
  /// Destroys what is left, then ends.
  ~Reaper();
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  void destroy(std::unique_ptr<ServedModel> model);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<ServedModel>> models_;
  bool ending_ = false;
  std::thread thread_;
};

/// A model that `reaper` destroys when nobody holds it any more.
std::shared_ptr<ServedModel> share(
    std::unique_ptr<ServedModel> model, const std::shared_ptr<Reaper>& reaper
);

}  // namespace martlet
