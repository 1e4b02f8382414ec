// What one request may ask for, step by step in simulated time.
#include "martlet/batch_scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "scheduler/simulated_time.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;
using Scheduler = BatchScheduler<std::string, std::string>;

/// An engine that answers "a" with "[a]" and takes 10 ms a batch.
class BatchSchedulerTest : public testing::Test {
 protected:
  struct Answer {
    Result<std::string> text;
    RequestTrace trace;
  };

  void make(const SchedulerOptions& options = {}) {
    auto made = Scheduler::make(
        options, [this](auto queries, auto texts) { return compute(queries, texts); },
        {.clock = time, .runner = time}
    );
    ASSERT_TRUE(made) << made.error().message();
    scheduler = std::move(*made);
  }

  Status compute(std::span<const std::string* const> queries, std::span<std::string> texts) {
    std::vector<std::string>& batch = batches.emplace_back();
    for (std::size_t i = 0; i < queries.size(); ++i) {
      batch.push_back(*queries[i]);
      texts[i] = "[" + *queries[i] + "]";
    }
    time->pass(10ms);
    for (const std::string& query : batch) {
      if (query == "throws") throw std::runtime_error("no such word");
      if (query == "gone") return {StatusCode::kUnavailable, "the engine is gone"};
      if (query == "bad") return {StatusCode::kInvalidInput, "bad query"};
    }
    return {};
  }

  Ticket submit(const std::string& text, const SubmitOptions& options = {}) {
    auto ticket = scheduler->submit(
        text, 10, options,
        [this, text](Result<std::string>&& answer, const RequestTrace& trace) {
          answers.emplace(text, Answer{std::move(answer), trace});
        }
    );
    EXPECT_TRUE(ticket) << text;
    return ticket.value_or(Ticket{});
  }

  StatusCode code(const std::string& text) {
    const auto found = answers.find(text);
    return found == answers.end() ? StatusCode::kNotFound : found->second.text.status().code();
  }

  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  std::vector<std::vector<std::string>> batches;
  std::multimap<std::string, Answer> answers;
  std::unique_ptr<Scheduler> scheduler;
};

using Batches = std::vector<std::vector<std::string>>;

TEST_F(BatchSchedulerTest, AnswersAndSaysHow) {
  make();
  submit("a");
  time->run_dry();
  const Answer& answer = answers.find("a")->second;
  EXPECT_EQ(answer.text.value(), "[a]");
  EXPECT_EQ(answer.trace.release, ReleaseReason::kIdle);
  EXPECT_EQ(answer.trace.run_time, 10ms);
  EXPECT_EQ(answer.trace.queue_time, 0ms);
  EXPECT_EQ(answer.trace.batch_id, 1u);
  EXPECT_EQ(answer.trace.batch_tokens, 10);
}

TEST_F(BatchSchedulerTest, WhatComesWhileABatchRunsIsTheNext) {
  make();
  submit("a");
  time->post_at(time->now() + 4ms, [&] { submit("b"); });
  time->post_at(time->now() + 6ms, [&] { submit("c"); });
  time->run_dry();
  EXPECT_EQ(batches, (Batches{{"a"}, {"b", "c"}}));
  EXPECT_EQ(answers.find("b")->second.trace.queue_time, 6ms);
}

TEST_F(BatchSchedulerTest, ADeadlineIsCheckedWhenTheBatchForms) {
  make();
  submit("a");
  submit("alone");  // not in the first batch, which has begun when it comes
  time->post_at(time->now() + 1ms, [&] {
    submit("late", {.deadline = time->now() + 5ms});
    submit("in time", {.deadline = time->now() + 15ms});
  });
  time->run_dry();
  EXPECT_EQ(code("late"), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code("in time"), StatusCode::kOk);
  EXPECT_EQ(answers.find("late")->second.trace.batch_id, 0u);
  EXPECT_EQ(scheduler->stats().expired, 1u);
}

TEST_F(BatchSchedulerTest, ACancelledRequestIsNotComputed) {
  make();
  submit("a");
  time->post_at(time->now() + 1ms, [&] {
    const Ticket ticket = submit("b");
    EXPECT_TRUE(scheduler->cancel(ticket));
    EXPECT_FALSE(scheduler->cancel(ticket));
  });
  time->run_dry();
  EXPECT_EQ(batches, (Batches{{"a"}}));
  EXPECT_EQ(code("b"), StatusCode::kCancelled);
}

TEST_F(BatchSchedulerTest, TheAnswerOfOneCancelledWhileItRunsIsDropped) {
  make();
  const Ticket ticket = submit("a");
  submit("b");
  time->post_at(time->now() + 1ms, [&] { EXPECT_TRUE(scheduler->cancel(ticket)); });
  time->run_dry();
  EXPECT_EQ(code("a"), StatusCode::kCancelled);
  EXPECT_EQ(code("b"), StatusCode::kOk);
  EXPECT_FALSE(scheduler->cancel(ticket));
}

TEST_F(BatchSchedulerTest, OnlyTheCulpritFails) {
  make();
  for (const char* text : {"a", "b", "bad", "c", "d", "throws", "e"}) submit(text);
  time->run_dry();
  EXPECT_EQ(code("bad"), StatusCode::kInvalidInput);
  EXPECT_EQ(code("throws"), StatusCode::kInternal);
  EXPECT_EQ(
      answers.find("throws")->second.text.error().message(), "[scheduler] batch threw: no such word"
  );
  for (const char* text : {"a", "b", "c", "d", "e"}) EXPECT_EQ(code(text), StatusCode::kOk) << text;
}

TEST_F(BatchSchedulerTest, AnEngineThatIsGoneIsNotSearchedForACulprit) {
  make();
  for (const char* text : {"a", "gone", "b"}) submit(text);
  time->run_dry();
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_EQ(code("a"), StatusCode::kUnavailable);
  EXPECT_EQ(scheduler->stats().failed, 3u);
}

TEST_F(BatchSchedulerTest, IdenticalQueriesAreComputedOnce) {
  make({.coalesce = true});
  submit("a", {.key = "a"});
  submit("a", {.key = "a"});
  time->post_at(time->now() + 1ms, [&] { submit("a", {.key = "a"}); });  // while it runs
  submit("b", {.key = "b"});
  time->run_dry();
  EXPECT_EQ(batches, (Batches{{"a", "b"}}));
  EXPECT_EQ(answers.count("a"), 3u);
  for (const auto& [text, answer] : answers) EXPECT_EQ(answer.text.value(), "[" + text + "]");
  EXPECT_EQ(scheduler->stats().shared, 2u);
  submit("a", {.key = "a"});
  time->run_dry();
  EXPECT_EQ(batches.size(), 2u);  // answered: not remembered
}

TEST_F(BatchSchedulerTest, AFollowerTakesThePlaceOfALeaderThatGoes) {
  make({.coalesce = true});
  const Ticket leader = submit("a", {.key = "a"});
  submit("a", {.key = "a"});
  const Ticket last = submit("a", {.key = "a"});
  EXPECT_TRUE(scheduler->cancel(leader));
  EXPECT_TRUE(scheduler->cancel(last));
  time->run_dry();
  EXPECT_EQ(batches, (Batches{{"a"}}));
  EXPECT_EQ(answers.count("a"), 3u);
  EXPECT_EQ(scheduler->stats().answered, 1u);
  EXPECT_EQ(scheduler->stats().cancelled, 2u);
}

TEST_F(BatchSchedulerTest, AnUrgentFollowerTakesTheComputationAlong) {
  make({.max_batch_requests = 1, .coalesce = true});
  submit("x", {.priority = Priority::kBulk});
  submit("a", {.priority = Priority::kBulk, .key = "a"});
  submit("y", {.priority = Priority::kNormal});
  submit("a", {.priority = Priority::kInteractive, .key = "a"});
  time->run_dry();
  EXPECT_EQ(batches, (Batches{{"a"}, {"y"}, {"x"}}));
  EXPECT_EQ(answers.count("a"), 2u);
}

TEST_F(BatchSchedulerTest, AFailureIsSharedToo) {
  make({.coalesce = true});
  submit("bad", {.key = "bad"});
  submit("bad", {.key = "bad"});
  time->run_dry();
  EXPECT_EQ(scheduler->stats().failed, 2u);
}

TEST_F(BatchSchedulerTest, ManyAreAcceptedTogetherOrNotAtAll) {
  make({.max_batch_requests = 3, .max_queued_requests = 40});
  std::vector<std::string> texts;
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < 20; ++i) {
    texts.push_back(std::to_string(i));
    tokens.push_back(1 + (i * 37) % 90);
  }
  int called = 0;
  const auto done = [&](std::vector<Result<std::string>>&& results,
                        std::span<const RequestTrace> traces) {
    ++called;
    ASSERT_EQ(results.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(results[i].value(), "[" + texts[i] + "]");
      EXPECT_EQ(traces[i].tokens, tokens[i]);
    }
  };
  EXPECT_TRUE(scheduler->submit_many(texts, tokens, {}, done));
  const auto second = scheduler->submit_many(texts, tokens, {}, done);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, RefusalReason::kQueueFull);
  EXPECT_EQ(second.error().status.code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(scheduler->would_accept(1, {}));
  EXPECT_FALSE(scheduler->submit_many(texts, tokens, {.priority = Priority::kBulk}, done));
  EXPECT_FALSE(scheduler->would_accept(1 << 20, {}));
  EXPECT_EQ(scheduler->stats().refused, 41u);
  time->run_dry();
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(scheduler->submit_many({}, {}, {}, done));
}

TEST_F(BatchSchedulerTest, AFreeWorkerWaitsOnlyWhileItPays) {
  make({.max_batch_requests = 4, .max_wait = 20ms});
  for (int i = 0; i < 20; ++i) {  // batches of all sizes, so that the overhead is known
    for (int k = 0; k <= i % 4; ++k) submit("warm");
    time->run_dry();
  }
  const auto arrive = [&](const std::string& text, std::chrono::nanoseconds gap) {
    batches.clear();
    for (int i = 0; i < 400; ++i) time->post_at(time->now() + i * gap, [&, text] { submit(text); });
    time->run_dry();
  };
  arrive("fast", 3ms);              // three come while a batch runs: worth 3 ms for the fourth
  EXPECT_LE(batches.size(), 105u);  // nearly all full; 121 without waiting
  time->pass(10s);
  arrive("slow", 1s);
  EXPECT_EQ(batches.size(), 400u);
  EXPECT_EQ(answers.find("slow")->second.trace.release, ReleaseReason::kIdle);
  EXPECT_EQ(answers.find("slow")->second.trace.queue_time, 0ns);
}

TEST_F(BatchSchedulerTest, StoppedMeansRefusedAndDrainAnswersTheRest) {
  make({.max_batch_requests = 1});
  submit("a");
  submit("b");
  time->post_at(time->now() + 1ms, [&] { EXPECT_EQ(scheduler->drain(time->now()), 1u); });
  time->run_dry();
  EXPECT_EQ(code("a"), StatusCode::kOk);
  EXPECT_EQ(code("b"), StatusCode::kUnavailable);
  EXPECT_EQ(scheduler->stats().dropped, 1u);
  const auto refused = scheduler->submit("c", 1, {}, [](auto&&, const auto&) { FAIL(); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, RefusalReason::kStopped);
}

TEST_F(BatchSchedulerTest, NonsenseIsRefused) {
  make();
  const auto empty = scheduler->submit("a", 0, {}, [](auto&&, const auto&) { FAIL(); });
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().reason, RefusalReason::kInvalid);
  EXPECT_EQ(empty.error().status.code(), StatusCode::kInvalidArgument);
  const auto past = scheduler->submit(
      "a", 1, {.deadline = time->now() - 1ms}, [](auto&&, const auto&) { FAIL(); }
  );
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().reason, RefusalReason::kExpired);
}

TEST(BatchSchedulerOptions, OutOfRangeIsRefused) {
  const auto fails = [](SchedulerOptions options) {
    return check(options).code() == StatusCode::kInvalidArgument;
  };
  EXPECT_FALSE(fails({}));
  EXPECT_TRUE(fails({.max_batch_tokens = 0}));
  EXPECT_TRUE(fails({.workers = 0}));
  EXPECT_TRUE(fails({.max_queue_time = -1ms}));
  EXPECT_TRUE(fails({.shares = {1, 0, 1}}));
  EXPECT_EQ(
      check({.workers = 5000}).message(), "[scheduler] workers, got 5000, expected 1 to 1024"
  );
}

}  // namespace
}  // namespace martlet
