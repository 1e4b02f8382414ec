// The requests of one model on their way: each is entered once and finished once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "martlet/status.h"
#include "server/service/statistics.h"

namespace martlet {

class RequestLedger {
 public:
  /// What the model has done; also the observer of its scheduler.
  [[nodiscard]] const std::shared_ptr<StatisticsRecorder>& recorder() const noexcept {
    return recorder_;
  }

  void enter() {
    recorder_->started();
    const std::lock_guard lock(mutex_);
    ++pending_;
  }

  /// The answers of a request of so many texts, or why there are none, to its caller. `Request` is
  /// a CancellableRequest with the fields of PendingRequest that are used here.
  template <class Request, class Answers>
  void finish(Request& request, std::size_t texts, Result<Answers>&& answers) {
    if (!request.close() && answers) answers = client_left();
    const auto took = Clock::now() - request.begun;
    if (answers) {
      recorder_->succeeded(request.facts, texts, took);
    } else {
      recorder_->failed(answers.error().code(), took);
    }
    request.callback(std::move(answers), request.facts);
    request.callback = nullptr;
    leave();
  }

  static Status client_left() { return {StatusCode::kCancelled, "[request] the client has left"}; }

  /// Whether requests that come now are too late.
  [[nodiscard]] bool draining() const noexcept { return draining_.load(); }

  /// As ServedModel::drain; `scheduler` may be null.
  template <class Scheduler>
  void drain(Scheduler* scheduler, std::chrono::steady_clock::time_point deadline) {
    draining_.store(true);
    wait(deadline);
    if (scheduler != nullptr) scheduler->drain(deadline);
    wait(Clock::time_point::max());
  }

 private:
  using Clock = std::chrono::steady_clock;

  void leave() {
    const std::lock_guard lock(mutex_);
    if (--pending_ == 0) changed_.notify_all();
  }

  /// Returns when none is on its way, or at `deadline`; its largest value is no deadline.
  void wait(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    const auto none = [this] { return pending_ == 0; };
    if (deadline == Clock::time_point::max()) return changed_.wait(lock, none);
    changed_.wait_until(lock, deadline, none);
  }

  const std::shared_ptr<StatisticsRecorder> recorder_ = std::make_shared<StatisticsRecorder>();
  std::atomic<bool> draining_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t pending_ = 0;
};

}  // namespace martlet
