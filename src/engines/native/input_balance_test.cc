#include "engines/native/input_balance.h"

#include <gtest/gtest.h>

#include <array>

namespace martlet {
namespace {

TEST(BalanceInputs, LargeInputsShrinkAndSmallWeightsGrow) {
  const std::vector<float> sizes{1, 1, 16, 1, 1};
  const std::vector<float> peaks{1, 1, 1, 4, 1};
  std::vector<float> factors(5);
  balance_inputs(sizes, peaks, factors);
  EXPECT_FLOAT_EQ(factors[0] / factors[2], 4) << "half of the way, in octaves";
  EXPECT_FLOAT_EQ(factors[3] / factors[0], 2);
  EXPECT_EQ(factors[0], factors[1]);
}

TEST(BalanceInputs, WhatIsBelowTheMedianCountsAsTheMedian) {
  std::vector<float> factors(3);
  balance_inputs(std::vector<float>{0, 1, 1}, std::vector<float>{1, 0, 1}, factors);
  EXPECT_EQ(factors, (std::vector<float>{1, 1, 1}));
  balance_inputs(std::vector<float>(3), std::vector<float>(3), factors);
  EXPECT_EQ(factors, (std::vector<float>{1, 1, 1}));
}

TEST(ColumnPeaks, OverAllRowsOfAllWeights) {
  const std::vector<float> first{1, -5, 2, 3};
  const std::vector<float> second{-4, 1};
  const std::array<std::span<const float>, 2> weights{first, second};
  ThreadPool pool({.threads = 2});
  EXPECT_EQ(column_peaks(weights, 2, pool), (std::vector<float>{4, 5}));
}

}  // namespace
}  // namespace martlet
