// How many requests are on their way, and waiting until none are.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace martlet {

class RequestCounter {
 public:
  void enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) changed_.notify_all();
  }

  /// Returns when there are none, or at `deadline`; its largest value is no deadline.
  void wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    const auto none = [this] { return count_ == 0; };
    if (deadline == std::chrono::steady_clock::time_point::max()) return changed_.wait(lock, none);
    changed_.wait_until(lock, deadline, none);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t count_ = 0;
};

}  // namespace martlet
