#include "scheduler/cost_model.h"

#include <gtest/gtest.h>

#include <random>

namespace martlet {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

nanoseconds true_cost(std::int64_t tokens) { return microseconds(300) + tokens * microseconds(7); }

TEST(CostModel, KnowsNothingAtFirst) {
  const CostModel model;
  EXPECT_FALSE(model.fitted());
  EXPECT_EQ(model.cost(1, 1000).count(), 0);
}

TEST(CostModel, LearnsOverheadAndSlopeThroughNoise) {
  CostModel model;
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int64_t> tokens(1, 2048);
  std::uniform_real_distribution<double> noise(0.9, 1.1);
  for (int i = 0; i < 500; ++i) {
    const std::int64_t n = tokens(random);
    const auto time = static_cast<double>(true_cost(n).count()) * noise(random);
    model.observe(n, nanoseconds(static_cast<std::int64_t>(time)));
  }
  EXPECT_NEAR(model.per_token().count(), 7e3, 400);
  EXPECT_NEAR(model.cost(1, 1000).count(), 7.3e6, 0.4e6);
}

TEST(CostModel, BatchesOfOneSizeGiveAProportion) {
  CostModel model;
  for (int i = 0; i < 50; ++i) model.observe(100, microseconds(1000));
  EXPECT_EQ(model.overhead().count(), 0);
  EXPECT_NEAR(model.per_token().count(), 10e3, 1);
}

TEST(CostModel, NeitherPartIsEverNegative) {
  CostModel falling;
  falling.observe(10, microseconds(1000));
  falling.observe(1000, microseconds(500));
  EXPECT_GE(falling.per_token().count(), 0);
  CostModel steep;
  steep.observe(10, microseconds(1));
  steep.observe(1000, microseconds(1000));
  EXPECT_GE(steep.overhead().count(), 0);
}

TEST(CostModel, AStallIsNotACost) {
  CostModel model;
  for (int i = 0; i < 100; ++i) model.observe(100 + i, true_cost(100 + i));
  model.observe(150, std::chrono::seconds(10));
  EXPECT_LT(model.cost(1, 150).count(), 2.0 * static_cast<double>(true_cost(150).count()));
}

TEST(CostModel, FollowsAMachineThatSlowsDown) {
  CostModel model;
  for (int i = 0; i < 300; ++i) model.observe(100 + i, true_cost(100 + i));
  for (int i = 0; i < 300; ++i) model.observe(100 + i, 3 * true_cost(100 + i));
  EXPECT_NEAR(model.cost(1, 200).count(), 3.0 * static_cast<double>(true_cost(200).count()), 0.2e6);
}

}  // namespace
}  // namespace martlet
