#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "martlet/task_runner.h"

namespace martlet {
namespace {

class MonotonicClock final : public Clock {
 public:
  TimePoint now() override { return std::chrono::steady_clock::now(); }
};

class TaskThreads final : public TaskRunner {
 public:
  explicit TaskThreads(const TaskThreadsOptions& options) : spin_(options.spin) {
    for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
  }

  ~TaskThreads() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      ++posts_;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void post(Task task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      ++posts_;
    }
    wake_.notify_one();
  }

  void post_at(Clock::TimePoint when, Task task) override {
    {
      const std::lock_guard lock(mutex_);
      timed_.emplace(when, std::move(task));
      ++posts_;
    }
    wake_.notify_one();  // whoever wakes goes back to sleep until the earliest time
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      take_due();
      if (!tasks_.empty()) {
        const Task task = std::move(tasks_.front());
        tasks_.pop_front();
        if (!timed_.empty()) wake_.notify_one();  // somebody else watches the time now
        lock.unlock();
        task();
        lock.lock();
      } else if (stopping_) {
        return;
      } else if (!spin(lock)) {
        sleep(lock);
      }
    }
  }

  /// Moves what has become due to the tasks.
  void take_due() {
    while (!timed_.empty() && timed_.begin()->first <= std::chrono::steady_clock::now())
      tasks_.push_back(std::move(timed_.extract(timed_.begin()).mapped()));
  }

  /// Looks for posts without the lock, for as long as the option says. True when there was one.
  bool spin(std::unique_lock<std::mutex>& lock) {
    if (spin_.count() == 0) return false;
    const std::uint64_t seen = posts_;
    lock.unlock();
    const auto end = std::chrono::steady_clock::now() + spin_;
    while (posts_ == seen && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    lock.lock();
    return posts_ != seen;
  }

  void sleep(std::unique_lock<std::mutex>& lock) {
    if (timed_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, timed_.begin()->first);
    }
  }

  const std::chrono::microseconds spin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::multimap<Clock::TimePoint, Task> timed_;
  std::atomic<std::uint64_t> posts_ = 0;  // changes with every post
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they use the rest
};

}  // namespace

std::shared_ptr<Clock> monotonic_clock() { return std::make_shared<MonotonicClock>(); }

std::shared_ptr<TaskRunner> make_task_threads(const TaskThreadsOptions& options) {
  return std::make_shared<TaskThreads>(options);
}

}  // namespace martlet
