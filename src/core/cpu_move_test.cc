#include "core/cpu_move.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "core/cpu.h"

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

/// One thread after the other takes its place while those before it keep theirs.
TEST(CpuPlaces, NoTwoAreTheSame) {
  CpuPlaces places;
  std::set<int> taken;
  for (int i = 0; i < usable_cpus(); ++i)
    std::thread([&] { EXPECT_TRUE(taken.insert(places.take()).second); }).join();
  EXPECT_FALSE(taken.contains(-1));
  EXPECT_EQ(places.take(), -1) << "none is left";
  places.leave(*taken.begin());
  EXPECT_EQ(places.take(), *taken.begin());
}

}  // namespace
}  // namespace martlet
