#include "scheduler/scheduler_state.h"

#include <gtest/gtest.h>

#include <deque>

namespace martlet {
namespace {

using namespace std::chrono_literals;

/// A state whose batches cost 100 us and 1 us a token, which it has learnt.
class SchedulerStateTest : public testing::Test {
 protected:
  explicit SchedulerStateTest(std::int32_t workers = 2)
      : state({.max_batch_tokens = 4096, .max_batch_requests = 4096, .workers = workers}) {
    for (const std::int32_t tokens : {10, 400, 10, 400}) {
      submit(tokens);
      run(begin());
    }
  }

  void submit(std::int32_t tokens) {
    SchedulerRequest& request = requests.emplace_back();
    request.trace.tokens = tokens;
    SchedulerRequest* const one = &request;
    Ticket ticket;
    ASSERT_FALSE(state.submit({&one, 1}, {&ticket, 1}, now));
  }

  RunningBatch begin() {
    RunningBatch batch;
    EXPECT_TRUE(state.begin(now, batch));
    return batch;
  }

  void run(RunningBatch batch) {
    now += 100us + batch.trace.tokens * 1us;
    batch.trace.calls = 1;
    state.end(now, batch);
  }

  SchedulerState state;
  std::deque<SchedulerRequest> requests;
  Clock::TimePoint now{1h};
};

TEST_F(SchedulerStateTest, WhatWaitsIsSharedBetweenTheWorkers) {
  for (int i = 0; i < 100; ++i) submit(10);
  EXPECT_EQ(begin().trace.tokens, 500);
  EXPECT_EQ(begin().trace.tokens, 250);
  EXPECT_EQ(begin().trace.tokens, 200) << "less would be mostly overhead";
  EXPECT_EQ(begin().trace.tokens, 50);
}

TEST_F(SchedulerStateTest, ABatchGrowsOnlyWhileItGains) {
  for (int i = 0; i < 4000; ++i) submit(10);
  const RunningBatch fitted = begin();
  EXPECT_EQ(fitted.trace.tokens, 4090) << "beginning is 100 tokens: 100 times that is no limit";
  SchedulerState cheap({.max_batch_tokens = 4096, .max_batch_requests = 4096});
  std::deque<SchedulerRequest> others;
  const auto run_one = [&](std::int32_t tokens, std::int64_t waiting) {
    for (std::int64_t i = 0; i < waiting; ++i) {
      SchedulerRequest& request = others.emplace_back();
      request.trace.tokens = tokens;
      SchedulerRequest* const one = &request;
      Ticket ticket;
      EXPECT_FALSE(cheap.submit({&one, 1}, {&ticket, 1}, now));
    }
    RunningBatch batch;
    EXPECT_TRUE(cheap.begin(now, batch));
    now += 2us + batch.trace.tokens * 1us;
    batch.trace.calls = 1;
    cheap.end(now, batch);
    return batch.trace.tokens;
  };
  for (const std::int32_t tokens : {10, 400, 10, 400}) run_one(tokens, 1);
  EXPECT_EQ(run_one(10, 400), 1020) << "of 4000; beginning is 2 tokens";
}

TEST_F(SchedulerStateTest, RequestsThatAreBeingPreparedTakeRoom) {
  SchedulerState small({.max_queued_tokens = 1000, .max_queued_requests = 80});
  const auto has_room = [&](std::int64_t ahead) { return !small.would_deny({}, 1, ahead, now); };
  EXPECT_TRUE(has_room(59)) << "60 of 80 are for normal requests";
  EXPECT_FALSE(has_room(60));
  SchedulerRequest waiting;
  waiting.trace.tokens = 100;
  SchedulerRequest* const one = &waiting;
  Ticket ticket;
  ASSERT_FALSE(small.submit({&one, 1}, {&ticket, 1}, now));
  EXPECT_TRUE(has_room(6)) << "700 of 750 tokens";
  EXPECT_FALSE(has_room(7)) << "each is taken to be as long as what waits";
}

class OneWorkerTest : public SchedulerStateTest {
 protected:
  OneWorkerTest() : SchedulerStateTest(1) {}
};

TEST_F(OneWorkerTest, TakesAllThatWaits) {
  for (int i = 0; i < 100; ++i) submit(10);
  EXPECT_EQ(begin().trace.tokens, 1000);
}

}  // namespace
}  // namespace martlet
