#include "core/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <thread>
#include <vector>

#include "core/cpu.h"

namespace martlet {
namespace {

TEST(ThreadPool, EveryRankRunsOnce) {
  ThreadPool pool({.threads = 4});
  for (int round = 0; round < 1000; ++round) {
    std::vector<int> seen(4, 0);
    pool.run([&](Team& team) { ++seen[static_cast<std::size_t>(team.rank())]; });
    ASSERT_EQ(seen, std::vector<int>(4, 1));
  }
}

TEST(ThreadPool, FewerRanksThanThreads) {
  ThreadPool pool({.threads = 4});
  std::atomic<int> count{0};
  pool.run([&](Team& team) { count += 10 + team.size(); }, 2);
  EXPECT_EQ(count, 24);
}

TEST(ThreadPool, BarrierOrdersWrites) {
  ThreadPool pool({.threads = 3});
  std::vector<int> values(3, 0);
  std::atomic<int> wrong{0};
  pool.run([&](Team& team) {
    for (int step = 1; step <= 2000; ++step) {
      values[static_cast<std::size_t>(team.rank())] = step;
      team.barrier();
      for (int rank = 0; rank < team.size(); ++rank)
        wrong += values[static_cast<std::size_t>(rank)] != step;
      team.barrier();
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadPool, NestedRegionStaysOnItsCaller) {
  ThreadPool pool({.threads = 2});
  std::atomic<int> nested_size{0};
  pool.run([&](Team&) { pool.run([&](Team& inner) { nested_size += inner.size(); }); });
  EXPECT_EQ(nested_size, 2);
}

TEST(ThreadPool, ManyCallersShareOnePool) {
  ThreadPool pool({.threads = 2, .spin = std::chrono::microseconds(0)});
  std::atomic<int> regions{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        pool.run([&](Team& team) {
          team.barrier();
          if (team.rank() == 0) ++regions;
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(regions, 2000);
}

TEST(ThreadPool, RanksThatWaitDoWhatTheyAreGiven) {
  ThreadPool pool({.threads = 3});
  std::atomic<int> idle{0};
  std::atomic<int> missed{0};
  pool.run([&](Team& team) {
    for (int round = 1; round <= 50; ++round) {
      // The last rank arrives when others have been idle.
      if (team.rank() == round % team.size())
        while (team.size() > 1 && idle < round) std::this_thread::yield();
      team.barrier([&] {
        ++idle;
        return idle % 2 == 0;
      });
      if (team.size() > 1 && idle < round) ++missed;
      team.barrier();
    }
  });
  EXPECT_GE(idle, 50);
  EXPECT_EQ(missed, 0);
}

// The kernel often puts a thread behind the one that wakes it; at every barrier they would take
// turns.
/// The caller stays on one CPU, so that only the other rank can be moved. How it is moved is
/// cpu_move_test's; the kernel may move it back, so this asks for most of the regions only.
TEST(ThreadPool, RanksBeginOnCpusOfTheirOwn) {
  if (usable_cpus() < 2) GTEST_SKIP() << "one CPU";
  constexpr int kRegions = 200;
  ThreadPool pool({.threads = 2, .spin = std::chrono::microseconds(0)});
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(::sched_getcpu(), &here);
  ASSERT_EQ(::sched_setaffinity(0, sizeof here, &here), 0);
  int together = 0;
  for (int i = 0; i < kRegions; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the worker parks
    std::vector<int> cpus(2);
    pool.run([&](Team& team) { cpus[static_cast<std::size_t>(team.rank())] = ::sched_getcpu(); });
    together += cpus[0] == cpus[1] ? 1 : 0;
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof allowed, &allowed), 0);
  EXPECT_LT(together, kRegions / 2);
}

TEST(ThreadPool, IdleWorkersUseNoCpu) {
  ThreadPool pool({.threads = 2});
  pool.run([](Team&) {});
  const auto cpu_us = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
  };
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // let the spin end
  const auto before = cpu_us();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(cpu_us() - before, 20000);
}

}  // namespace
}  // namespace martlet
