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
