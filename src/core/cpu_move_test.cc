#include "core/cpu_move.h"

#include <gtest/gtest.h>

#include <thread>

namespace martlet {
namespace {

cpu_set_t allowed_cpus() {
  cpu_set_t allowed;
  EXPECT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  return allowed;
}

/// Every CPU but one is taken, each in its turn; on a thread of its own, whose mask nobody needs.
TEST(CpuMove, GoesWhereNobodyIs) {
  std::thread([] {
    const cpu_set_t allowed = allowed_cpus();
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      cpu_set_t taken = allowed;
      CPU_CLR(cpu, &taken);
      EXPECT_EQ(move_away_from(taken), cpu);
      const cpu_set_t after = allowed_cpus();
      EXPECT_TRUE(CPU_EQUAL(&after, &allowed)) << "free to go on";
    }
  }).join();
}

TEST(CpuMove, StaysWhereAllAreTaken) {
  const cpu_set_t allowed = allowed_cpus();
  EXPECT_EQ(move_away_from(allowed), -1);
  const cpu_set_t after = allowed_cpus();
  EXPECT_TRUE(CPU_EQUAL(&after, &allowed));
}

}  // namespace
}  // namespace martlet
