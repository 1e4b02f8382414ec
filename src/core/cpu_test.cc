#include "core/cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>

namespace martlet {
namespace {

class ForcedIsa : public ::testing::Test {
 protected:
  void TearDown() override { ::unsetenv("MARTLET_FORCE_ISA"); }
};

TEST_F(ForcedIsa, EverySupportedLevelCanBeForced) {
  for (const Isa isa : all_isas()) {
    ::setenv("MARTLET_FORCE_ISA", std::string(to_string(isa)).c_str(), 1);
    const Result<Isa> selected = select_isa();
    if (is_supported(isa)) {
      ASSERT_TRUE(selected);
      EXPECT_EQ(*selected, isa);
    } else {
      EXPECT_EQ(selected.status().code(), StatusCode::kUnavailable);
    }
  }
}

TEST_F(ForcedIsa, UnknownLevelIsAnError) {
  ::setenv("MARTLET_FORCE_ISA", "doesnotexist", 1);
  EXPECT_EQ(select_isa().status().code(), StatusCode::kInvalidArgument);
}

TEST_F(ForcedIsa, DefaultIsTheBestSupported) {
  ::unsetenv("MARTLET_FORCE_ISA");
  const Result<Isa> selected = select_isa();
  ASSERT_TRUE(selected);
  for (const Isa isa : all_isas()) {
    if (isa > *selected) EXPECT_FALSE(is_supported(isa)) << to_string(isa);
  }
}

TEST(UsableCpus, FollowsTheAffinityMask) {
  const int before = usable_cpus();
  EXPECT_GE(before, 1);
  cpu_set_t saved;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(saved), &saved), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &saved)) {
      CPU_SET(cpu, &one);
      break;
    }
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(usable_cpus(), 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(saved), &saved), 0);
}

}  // namespace
}  // namespace martlet
