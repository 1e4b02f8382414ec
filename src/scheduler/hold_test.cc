#include "scheduler/hold.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

using namespace std::chrono_literals;
using Overhead = std::chrono::duration<double, std::nano>;

Clock::TimePoint arrive(Hold& hold, int requests, std::chrono::nanoseconds gap) {
  Clock::TimePoint now{1h};
  for (int i = 0; i < requests; ++i) hold.arrived(now += gap);
  return now;
}

TEST(Hold, NeverWithoutAWaitThatIsAllowed) {
  Hold hold(SchedulerOptions{});
  const Clock::TimePoint now = arrive(hold, 200, 1us);
  EXPECT_LE(hold.until(1, now, Overhead(1e6), now), now);
}

TEST(Hold, NotWhereRequestsComeSlowly) {
  Hold hold({.max_wait = 5ms});
  const Clock::TimePoint now = arrive(hold, 200, 2ms);
  EXPECT_LE(hold.until(1, now, Overhead(1e6), now), now);
}

TEST(Hold, ForAsLongAsOneMoreRequestPays) {
  Hold hold({.max_wait = 5ms});
  const Clock::TimePoint now = arrive(hold, 200, 10us);
  EXPECT_EQ(hold.until(1, now, Overhead(1e6), now), now + 1ms);
  EXPECT_EQ(hold.until(4, now, Overhead(1e6), now), now + 250us);
  EXPECT_LE(hold.until(200, now, Overhead(1e6), now), now);
}

TEST(Hold, NoLongerThanAllowed) {
  Hold hold({.max_wait = 5ms});
  const Clock::TimePoint now = arrive(hold, 200, 10us);
  EXPECT_EQ(hold.until(1, now - 4900us, Overhead(1e6), now), now + 100us);
}

}  // namespace
}  // namespace martlet
