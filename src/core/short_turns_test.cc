#include "core/short_turns.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

namespace martlet {
namespace {

/// The length of the calling thread's turns in nanoseconds; 0: the kernel does not say.
long turn_of_this_thread() {
  std::ifstream file("/proc/self/task/" + std::to_string(::gettid()) + "/sched");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("se.slice")) return std::stol(line.substr(line.find(':') + 1));
  }
  return 0;
}

TEST(ShortTurns, OfThisThreadAndNoOther) {
  const long usual = turn_of_this_thread();
  if (usual == 0) GTEST_SKIP() << "/proc/self/sched does not tell the turns of this kernel";
  std::thread([&] {
    const int nice = ::getpriority(PRIO_PROCESS, 0);
    if (!take_short_turns()) GTEST_SKIP() << "it may not be set here";
    EXPECT_EQ(turn_of_this_thread(), 100'000);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), nice);
  }).join();
  EXPECT_EQ(turn_of_this_thread(), usual);
}

}  // namespace
}  // namespace martlet
