// Where a thread runs: moving it away from CPUs that others use.
#pragma once

#include <sched.h>

namespace martlet {

/// Moves the calling thread to a CPU that is not in `taken`, if it may use one; it is then free to
/// go where it likes, from there. The CPU that it was moved to; -1: it stayed.
int move_away_from(const cpu_set_t& taken) noexcept;

}  // namespace martlet
