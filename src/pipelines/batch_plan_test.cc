#include "martlet/batch_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace martlet {
namespace {

using Order = BatchPlan::Order;
using Dealt = std::vector<std::vector<int32_t>>;

Dealt deal(const std::vector<int32_t>& lengths, const BatchPlan& plan) {
  const Batches batches = form_batches(lengths, plan);
  Dealt dealt;
  for (std::size_t b = 0; b < batches.size(); ++b)
    dealt.emplace_back(batches[b].begin(), batches[b].end());
  return dealt;
}

TEST(BatchPlan, SerialFillsTheTokenBudgetInOrder) {
  const BatchPlan plan{.order = Order::kSerial, .batch_tokens = 10, .threads = 4};
  EXPECT_EQ(deal({4, 6, 1, 9, 1}, plan), (Dealt{{0, 1}, {2, 3}, {4}}));
}

TEST(BatchPlan, SequencesPerBatchAreLimited) {
  const BatchPlan plan{.order = Order::kSerial, .batch_tokens = 1000, .batch_sequences = 2};
  EXPECT_EQ(deal({5, 5, 5, 5, 5}, plan), (Dealt{{0, 1}, {2, 3}, {4}}));
}

TEST(BatchPlan, ALongSequenceIsABatchOfItsOwn) {
  const BatchPlan plan{.order = Order::kParallel, .batch_tokens = 8, .threads = 1};
  EXPECT_EQ(deal({3, 100, 3}, plan), (Dealt{{0}, {1}, {2}}));
}

TEST(BatchPlan, GroupedPutsEqualLengthsTogetherLongestFirst) {
  const BatchPlan plan{.order = Order::kGrouped, .batch_tokens = 12, .threads = 1};
  EXPECT_EQ(deal({3, 6, 3, 6, 3, 3}, plan), (Dealt{{1, 3}, {0, 2, 4, 5}}));
}

TEST(BatchPlan, FewTokensAreSpreadOverAllThreads) {
  const BatchPlan plan{.order = Order::kParallel, .batch_tokens = 1000, .threads = 2};
  EXPECT_EQ(deal({5, 5, 5, 5}, plan), (Dealt{{0, 1}, {2, 3}}));
  const BatchPlan serial{.order = Order::kSerial, .batch_tokens = 1000, .threads = 2};
  EXPECT_EQ(deal({5, 5, 5, 5}, serial), (Dealt{{0, 1, 2, 3}}));
}

TEST(BatchPlan, NothingGivesNoBatches) {
  for (const Order order : {Order::kSerial, Order::kParallel, Order::kGrouped})
    EXPECT_TRUE(deal({}, {.order = order, .threads = 2}).empty());
}

TEST(BatchPlan, EverySequenceIsDealtOnceAndBudgetsHold) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<int32_t> lengths(random() % 200);
    for (int32_t& length : lengths) length = 1 + static_cast<int32_t>(random() % 60);
    const BatchPlan plan{
        .order = static_cast<Order>(random() % 3),
        .batch_tokens = 1 + static_cast<int32_t>(random() % 300),
        .batch_sequences = static_cast<int32_t>(random() % 10),
        .threads = static_cast<int>(random() % 5),
    };
    std::vector<int32_t> seen;
    for (const auto& batch : deal(lengths, plan)) {
      int32_t tokens = 0;
      for (const int32_t sequence : batch) tokens += lengths[static_cast<std::size_t>(sequence)];
      EXPECT_TRUE(batch.size() == 1 || tokens <= plan.batch_tokens);
      if (plan.batch_sequences > 0)
        EXPECT_LE(batch.size(), static_cast<std::size_t>(plan.batch_sequences));
      seen.insert(seen.end(), batch.begin(), batch.end());
    }
    if (plan.order != Order::kGrouped) EXPECT_TRUE(std::ranges::is_sorted(seen));
    std::ranges::sort(seen);
    std::vector<int32_t> all(lengths.size());
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(seen, all);
  }
}

TEST(BatchPlan, NamesRoundTrip) {
  for (const Order order : {Order::kSerial, Order::kParallel, Order::kGrouped})
    EXPECT_EQ(parse_order(to_string(order)).value(), order);
  const auto unknown = parse_order("sorted");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(
      unknown.error().message(),
      "[plan] unknown plan, got 'sorted', expected serial, parallel or grouped"
  );
}

TEST(BatchPlan, NumbersOutOfRangeAreRefused) {
  EXPECT_TRUE(check({}).ok());
  for (const BatchPlan& plan :
       {BatchPlan{.batch_tokens = 0}, BatchPlan{.batch_sequences = -1}, BatchPlan{.threads = -1},
        BatchPlan{.window = 0}})
    EXPECT_EQ(check(plan).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace martlet
