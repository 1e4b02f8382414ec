// Threads that do short work which must not block I/O threads, such as tokenizing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace martlet {

/// Whether the threads of a queue get the processor soon when work comes, before threads that
/// compute (core/short_turns.h); threads that their work starts inherit that.
enum class Turns { kUsual, kShort };

class WorkQueue {
 public:
  /// At least one thread; at most `capacity` units of work wait.
  WorkQueue(int threads, std::size_t capacity, Turns turns = Turns::kUsual);
  /// Does what is waiting, then ends.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// `units` is what this work counts for until it has begun; more than fit is refused. Work that
  /// runs out of memory ends there, and what it holds is let go: a Responder answers 500 then.
  [[nodiscard]] bool push(std::function<void()> work, std::size_t units = 1);

  /// Never refused: for the rest of work that was accepted.
  void push_rest(std::function<void()> work);

  /// Units that wait.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Item {
    std::function<void()> work;
    std::size_t units;
  };

  void loop();

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::size_t units_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace martlet
