#include "server/service/work_queue.h"

#include <algorithm>
#include <new>
#include <utility>

#include "core/short_turns.h"

namespace martlet {

WorkQueue::WorkQueue(int threads, std::size_t capacity, Turns turns) : capacity_(capacity) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    threads_.emplace_back([this, turns] {
      if (turns == Turns::kShort) take_short_turns();
      loop();
    });
  }
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkQueue::push(std::function<void()> work, std::size_t units) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || units > capacity_ - units_) return false;
    units_ += units;
    items_.push_back({std::move(work), units});
  }
  changed_.notify_one();
  return true;
}

void WorkQueue::push_rest(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    items_.push_back({std::move(work), 0});
  }
  changed_.notify_one();
}

std::size_t WorkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return units_;
}

void WorkQueue::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !items_.empty(); });
    if (items_.empty()) return;
    Item item = std::move(items_.front());
    items_.pop_front();
    units_ -= item.units;
    lock.unlock();
    try {
      item.work();
    } catch (const std::bad_alloc&) {
      // One request that is too much for this machine must not end the others.
    }
    item.work = nullptr;  // what it holds is let go outside the lock
    lock.lock();
  }
}

}  // namespace martlet
