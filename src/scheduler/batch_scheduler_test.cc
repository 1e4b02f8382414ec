// The scheduler with real threads.
#include "martlet/batch_scheduler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace martlet {
namespace {

using Scheduler = BatchScheduler<int, int>;

Status double_all(std::span<const int* const> queries, std::span<int> answers) {
  for (std::size_t i = 0; i < queries.size(); ++i) answers[i] = 2 * *queries[i];
  return {};
}

TEST(BatchScheduler, AnswersARequest) {
  auto scheduler = Scheduler::make({}, double_all);
  ASSERT_TRUE(scheduler);
  std::promise<int> answer;
  ASSERT_TRUE((*scheduler)->submit(21, 5, {}, [&](Result<int>&& result, const RequestTrace& trace) {
    EXPECT_EQ(trace.batch_id, 1u);
    EXPECT_EQ(trace.release, ReleaseReason::kIdle);
    answer.set_value(result.value_or(-1));
  }));
  EXPECT_EQ(answer.get_future().get(), 42);
}

TEST(BatchScheduler, ManyComeBackInOrder) {
  auto scheduler = Scheduler::make({.max_batch_requests = 3}, double_all);
  ASSERT_TRUE(scheduler);
  std::promise<std::vector<int>> promise;
  std::vector<int> queries, lengths, expected;
  for (int i = 0; i < 100; ++i) {
    queries.push_back(i);
    lengths.push_back(1 + (i * 37) % 90);
    expected.push_back(2 * i);
  }
  ASSERT_TRUE((*scheduler)
                  ->submit_many(
                      queries, lengths, {},
                      [&](std::vector<Result<int>>&& answers,
                          std::span<const RequestTrace> traces) {
                        EXPECT_EQ(traces.size(), answers.size());
                        std::vector<int> values;
                        for (const auto& answer : answers) values.push_back(answer.value_or(-1));
                        promise.set_value(values);
                      }
                  ));
  EXPECT_EQ(promise.get_future().get(), expected);
}

}  // namespace
}  // namespace martlet
