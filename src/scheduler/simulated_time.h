// A clock and a runner in one deterministic loop: time passes only when told to, and everything
// that falls due meanwhile happens in order, on the calling thread.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "martlet/clock.h"
#include "martlet/task_runner.h"

namespace martlet {

class SimulatedTime final : public Clock, public TaskRunner {
 public:
  TimePoint now() override { return now_; }
  void post(Task task) override { timed_.emplace(now_, std::move(task)); }
  void post_at(TimePoint when, Task task) override {
    timed_.emplace(std::max(when, now_), std::move(task));
  }

  /// Also from inside a task: a batch function that takes this long to compute.
  void pass(std::chrono::nanoseconds time) {
    const TimePoint end = now_ + time;
    while (!timed_.empty() && timed_.begin()->first <= end) run_next();
    now_ = std::max(now_, end);
  }

  /// Until nothing is left to happen.
  void run_dry() {
    while (!timed_.empty()) run_next();
  }

 private:
  void run_next() {
    auto next = timed_.extract(timed_.begin());
    now_ = std::max(now_, next.key());
    next.mapped()();
  }

  TimePoint now_{std::chrono::hours(1)};
  std::multimap<TimePoint, Task> timed_;
};

}  // namespace martlet
