#include "scheduler/request_queue.h"

#include <gtest/gtest.h>

#include <deque>

namespace martlet {
namespace {

using namespace std::chrono_literals;

class RequestQueueTest : public testing::Test {
 protected:
  RequestQueueTest() {
    options.max_batch_tokens = 100;
    options.max_batch_requests = 8;
    options.aging = 50ms;
  }

  SchedulerRequest* push(
      RequestQueue& queue, std::int32_t tokens, Priority priority = Priority::kNormal
  ) {
    SchedulerRequest& request = requests.emplace_back();
    request.trace.tokens = tokens;
    request.trace.priority = priority;
    request.trace.arrival = now;
    queue.push(&request);
    return &request;
  }

  std::vector<std::int32_t> take(RequestQueue& queue, std::int64_t spare = 0) {
    std::vector<SchedulerRequest*> batch;
    queue.take(now, {.tokens = options.max_batch_tokens, .spare = spare}, batch);
    std::vector<std::int32_t> lengths;
    for (const SchedulerRequest* request : batch) lengths.push_back(request->trace.tokens);
    return lengths;
  }

  SchedulerOptions options;
  std::deque<SchedulerRequest> requests;
  Clock::TimePoint now{1h};
};

using Lengths = std::vector<std::int32_t>;

TEST_F(RequestQueueTest, StaysWithinTokensAndRequests) {
  RequestQueue queue(options);
  for (int i = 0; i < 5; ++i) push(queue, 40);
  EXPECT_TRUE(queue.fills_a_batch());
  EXPECT_EQ(take(queue), (Lengths{40, 40}));
  EXPECT_EQ(queue.tokens(), 120);
  for (int i = 0; i < 20; ++i) push(queue, 1);
  EXPECT_EQ(take(queue).size(), 8u);
}

TEST_F(RequestQueueTest, ALongRequestIsABatchOfItsOwn) {
  RequestQueue queue(options);
  push(queue, 500);
  push(queue, 1);
  EXPECT_EQ(take(queue), (Lengths{500}));
  EXPECT_EQ(take(queue), (Lengths{1}));
  EXPECT_TRUE(queue.empty());
}

TEST_F(RequestQueueTest, ABatchMayBeToldToBeSmaller) {
  RequestQueue queue(options);
  for (const std::int32_t length : {40, 10, 10, 10}) push(queue, length);
  std::vector<SchedulerRequest*> batch;
  queue.take(now, {.tokens = 25}, batch);
  EXPECT_EQ(batch.size(), 1U) << "longer than that: a batch of its own";
  batch.clear();
  queue.take(now, {.tokens = 25}, batch);
  EXPECT_EQ(batch.size(), 2U);
  batch.clear();
  queue.take(now, {.tokens = 1 << 20}, batch);
  EXPECT_EQ(batch.size(), 1U);
}

TEST_F(RequestQueueTest, GroupsWhatIsNearTheOldest) {
  RequestQueue queue(options);
  for (const std::int32_t length : {20, 90, 21, 80, 22, 23}) push(queue, length);
  EXPECT_EQ(take(queue), (Lengths{20, 21, 22, 23}));
}

TEST_F(RequestQueueTest, WhoWasPassedOverForTheAgingTimeGoesFirst) {
  RequestQueue queue(options);
  for (const std::int32_t length : {20, 60, 62, 21, 22, 23}) push(queue, length);
  EXPECT_EQ(take(queue), (Lengths{20, 21, 22, 23}));  // passes over 60 and 62
  now += options.aging;
  push(queue, 38);
  for (int i = 0; i < 3; ++i) push(queue, 60);
  EXPECT_EQ(take(queue), (Lengths{60, 38}));
  EXPECT_EQ(take(queue).front(), 62);
}

TEST_F(RequestQueueTest, APaddedBatchCountsItsPadding) {
  options.padded = true;
  RequestQueue queue(options);
  for (const std::int32_t length : {30, 34, 31, 2, 30}) push(queue, length);
  EXPECT_EQ(take(queue), (Lengths{30, 31, 30}));  // 3 x 31 tokens; with the 34: 4 x 34
  EXPECT_EQ(take(queue), (Lengths{34}));          // the 2 is not worth padding to 34
}

TEST_F(RequestQueueTest, ABatchOfAnUrgentClassTakesOthersOnlyIntoSpareTokens) {
  RequestQueue queue(options);
  for (int i = 0; i < 5; ++i) push(queue, 10, Priority::kBulk);
  push(queue, 12, Priority::kInteractive);
  EXPECT_EQ(take(queue, 20), (Lengths{12, 10, 10}));
  push(queue, 12, Priority::kInteractive);
  EXPECT_EQ(take(queue, 0), (Lengths{12}));
}

TEST_F(RequestQueueTest, UrgentRequestsRideAlongWhenItIsTheTurnOfBulk) {
  RequestQueue queue(options);
  push(queue, 50, Priority::kBulk);
  for (int i = 0; i < 200; ++i) push(queue, 12, Priority::kInteractive);
  int before = 0;
  while (take(queue) == Lengths(8, 12)) ++before;
  EXPECT_LE(before, 17);
  EXPECT_EQ(queue.requests(), 200 - 8 * before - 4);  // with the bulk request went four others
}

TEST_F(RequestQueueTest, ASubstituteHasThePlace) {
  RequestQueue queue(options);
  SchedulerRequest* const first = push(queue, 90);
  push(queue, 80);
  SchedulerRequest substitute;
  substitute.trace.tokens = 90;
  queue.replace(first, &substitute);
  std::vector<SchedulerRequest*> batch;
  queue.take(now, {.tokens = options.max_batch_tokens}, batch);
  EXPECT_EQ(batch, (std::vector<SchedulerRequest*>{&substitute}));
  EXPECT_EQ(queue.tokens(), 80);
}

TEST_F(RequestQueueTest, RemovedRequestsAreGone) {
  RequestQueue queue(options);
  SchedulerRequest* const first = push(queue, 90);
  push(queue, 80);
  queue.remove(first);
  EXPECT_EQ(queue.requests(), 1);
  EXPECT_EQ(take(queue), (Lengths{80}));
  EXPECT_EQ(queue.oldest_arrival(), Clock::TimePoint::max());
}

}  // namespace
}  // namespace martlet
