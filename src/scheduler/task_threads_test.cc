#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "martlet/task_runner.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

TEST(TaskThreads, RunsEverythingThatWasPosted) {
  for (const auto spin : {0us, 50us}) {
    std::atomic<int> count = 0;
    {
      const auto threads = make_task_threads({.threads = 3, .spin = spin});
      for (int i = 0; i < 10'000; ++i) threads->post([&] { ++count; });
    }
    EXPECT_EQ(count, 10'000);
  }
}

TEST(TaskThreads, RunsAtTheTime) {
  const auto threads = make_task_threads();
  std::promise<Clock::TimePoint> ran;
  const auto when = std::chrono::steady_clock::now() + 20ms;
  threads->post_at(when, [&] { ran.set_value(std::chrono::steady_clock::now()); });
  threads->post_at(when + 1h, [] { FAIL(); });
  EXPECT_GE(ran.get_future().get(), when);
}

TEST(TaskThreads, ATimeIsKeptWhileOtherThreadsAreBusy) {
  const auto threads = make_task_threads({.threads = 2});
  std::promise<void> timed;
  threads->post_at(std::chrono::steady_clock::now() + 5ms, [&] { timed.set_value(); });
  auto reached = timed.get_future();
  std::promise<bool> in_time;
  threads->post([&] { in_time.set_value(reached.wait_for(10s) == std::future_status::ready); });
  EXPECT_TRUE(in_time.get_future().get());
}

}  // namespace
}  // namespace martlet
