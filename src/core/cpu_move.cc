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

}  // namespace martlet
