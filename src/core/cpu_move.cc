#include "core/cpu_move.h"

namespace martlet {

int move_away_from(const cpu_set_t& taken) noexcept {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  cpu_set_t free;
  CPU_XOR(&free, &allowed, &taken);
  CPU_AND(&free, &free, &allowed);
  if (CPU_COUNT(&free) == 0 || ::sched_setaffinity(0, sizeof free, &free) != 0) return -1;
  const int cpu = ::sched_getcpu();
  ::sched_setaffinity(0, sizeof allowed, &allowed);
  return cpu;
}

int CpuPlaces::take() noexcept {
  const std::lock_guard lock(mutex_);
  int cpu = ::sched_getcpu();
  if (cpu < 0 || cpu >= CPU_SETSIZE) return -1;
  if (CPU_ISSET(cpu, &taken_)) {
    cpu = move_away_from(taken_);
    if (cpu < 0) return -1;
  }
  CPU_SET(cpu, &taken_);
  return cpu;
}

void CpuPlaces::leave(int cpu) noexcept {
  const std::lock_guard lock(mutex_);
  if (cpu >= 0) CPU_CLR(cpu, &taken_);
}

}  // namespace martlet
