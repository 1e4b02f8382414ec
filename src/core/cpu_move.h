// Where a thread runs: moving it away from CPUs that others use.
#pragma once

#include <sched.h>

#include <mutex>

namespace martlet {

/// Moves the calling thread to a CPU that is not in `taken`, if it may use one; it is then free to
/// go where it likes, from there. The CPU that it was moved to; -1: it stayed.
int move_away_from(const cpu_set_t& taken) noexcept;

/// The CPUs on which threads began work that others should keep away from. Thread-safe.
class CpuPlaces {
 public:
  /// Notes the calling thread's CPU, after a move when it is another's already and one is free. The
  /// CPU, for `leave`; -1: not known.
  int take() noexcept;
  void leave(int cpu) noexcept;

 private:
  std::mutex mutex_;
  cpu_set_t taken_{};
};

}  // namespace martlet
