#include "bench/memory.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

TEST(MemoryUse, ReadsTheKernelsText) {
  const MemoryUse use =
      parse_memory_use("Name:\tmartlet\nVmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\nThreads:\t3\n");
  EXPECT_DOUBLE_EQ(use.rss_mb, 1.024);
  EXPECT_DOUBLE_EQ(use.peak_rss_mb, 2.048);
  EXPECT_DOUBLE_EQ(parse_memory_use("").rss_mb, 0);
  EXPECT_DOUBLE_EQ(parse_memory_use("VmRSS:").rss_mb, 0);
}

TEST(MemoryUse, OfThisProcess) {
  const MemoryUse use = memory_use();
  EXPECT_GT(use.rss_mb, 0.5);
  EXPECT_GE(use.peak_rss_mb, use.rss_mb * 0.9);  // the kernel counts them a little apart
}

}  // namespace
}  // namespace martlet
