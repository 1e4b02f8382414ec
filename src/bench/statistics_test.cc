#include "bench/statistics.h"

#include <gtest/gtest.h>

#include <numeric>

namespace martlet {
namespace {

TEST(Statistics, QuantilesInterpolate) {
  const std::vector<double> sorted{1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(quantile(sorted, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(sorted, 1), 8);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.75), 5);
  EXPECT_DOUBLE_EQ(median({9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median({}), 0);
}

TEST(Statistics, SummaryOfUnsortedValues) {
  std::vector<double> values(101);
  std::iota(values.rbegin(), values.rend(), 0.0);  // 100 ... 0
  const Summary summary = summarize(values);
  EXPECT_EQ(summary.n, 101);
  EXPECT_DOUBLE_EQ(summary.min, 0);
  EXPECT_DOUBLE_EQ(summary.p10, 10);
  EXPECT_DOUBLE_EQ(summary.p50, 50);
  EXPECT_DOUBLE_EQ(summary.p90, 90);
  ASSERT_TRUE(summary.p99);
  EXPECT_DOUBLE_EQ(*summary.p99, 99);
  EXPECT_DOUBLE_EQ(summary.mean, 50);
  EXPECT_DOUBLE_EQ(summary.sum, 5050);
  EXPECT_NEAR(summary.sd, 29.3002, 1e-4);  // numpy.std(range(101), ddof=1)
}

TEST(Statistics, TooFewValuesForP99) {
  EXPECT_FALSE(summarize(std::vector<double>(99, 1)).p99);
  EXPECT_TRUE(summarize(std::vector<double>(100, 1)).p99);
  EXPECT_EQ(summarize({}).n, 0);
}

TEST(Statistics, HistogramsCountEveryValue) {
  std::vector<double> values(1000);
  std::iota(values.begin(), values.end(), 1.0);
  values.back() = 1e6;
  const ValueHistogram histogram = make_histogram(values, 10);
  EXPECT_DOUBLE_EQ(histogram.from, 1);
  std::size_t sum = histogram.above;
  for (const std::size_t count : histogram.counts) {
    EXPECT_NEAR(static_cast<double>(count), 99, 1);
    sum += count;
  }
  EXPECT_EQ(sum, values.size());
  EXPECT_NEAR(static_cast<double>(histogram.above), 10, 1);
  const ValueHistogram equal = make_histogram({3, 3, 3}, 4);
  EXPECT_EQ(equal.counts[0], 3);
  EXPECT_EQ(equal.above, 0);
  EXPECT_EQ(make_histogram({}, 4).counts[0], 0);
}

}  // namespace
}  // namespace martlet
