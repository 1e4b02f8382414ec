// Where work runs, by interface: threads in production, one deterministic loop in a simulation.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "martlet/clock.h"
#include "martlet/export.h"

namespace martlet {

/// Safe to call from any thread, also from inside a task.
class TaskRunner {
 public:
  using Task = std::function<void()>;

  virtual ~TaskRunner() = default;
  /// Runs `task` soon, on a thread of the runner: never inside this call. Must not throw.
  virtual void post(Task task) = 0;
  /// Runs `task` once the clock reads `when`, as `post` does. A runner that is destroyed drops the
  /// tasks whose time has not come.
  virtual void post_at(Clock::TimePoint when, Task task) = 0;
};

struct TaskThreadsOptions {
  /// >= 1.
  int threads = 1;
  /// How long an idle thread looks for the next task before it sleeps. Waking a sleeper costs tens
  /// of microseconds; spinning costs a core for this long after each task.
  std::chrono::microseconds spin{0};
};

/// A runner with threads of its own, which measures `post_at` with the monotonic clock. Its
/// destructor finishes what was posted; it must not run on one of those threads.
MARTLET_API std::shared_ptr<TaskRunner> make_task_threads(const TaskThreadsOptions& options = {});

}  // namespace martlet
