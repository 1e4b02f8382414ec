// The scheduler with real threads: races, and what a destructor owes.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "martlet/batch_scheduler.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;
using Scheduler = BatchScheduler<std::uint64_t, std::uint64_t>;

constexpr std::uint64_t kPoison = 1u << 31;

std::uint64_t answer_to(std::uint64_t query) { return query * 0x9E3779B97F4A7C15u; }

Status compute(std::span<const std::uint64_t* const> queries, std::span<std::uint64_t> answers) {
  for (std::size_t i = 0; i < queries.size(); ++i) {
    answers[i] = answer_to(*queries[i]);
    if (*queries[i] & kPoison) return {StatusCode::kInvalidInput, "poison"};
  }
  return {};
}

/// Counts what comes back for the requests of one test.
struct Ledger {
  explicit Ledger(std::size_t size) : answers(size) {}

  Scheduler::Done done(std::size_t number, std::uint64_t query) {
    return [this, number, query](Result<std::uint64_t>&& answer, const RequestTrace&) {
      answers[number].fetch_add(1);
      if (answer && (*answer != answer_to(query) || (query & kPoison))) wrong.fetch_add(1);
      if (!answer && answer.error().code() == StatusCode::kInvalidInput && !(query & kPoison))
        wrong.fetch_add(1);
    };
  }

  std::size_t answered_once() const {
    std::size_t count = 0;
    for (const auto& answer : answers) count += answer.load() == 1;
    return count;
  }

  std::vector<std::atomic<int>> answers;
  std::atomic<int> wrong = 0;
};

std::unique_ptr<Scheduler> make(const SchedulerOptions& options) {
  auto made = Scheduler::make(options, compute);
  EXPECT_TRUE(made);
  return std::move(*made);
}

void in_threads(int threads, const std::function<void(int)>& body) {
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) running.emplace_back([&body, t] { body(t); });
}

TEST(SchedulerThreads, ManyProducersWithCancellationsAndPoison) {
  constexpr int kThreads = 4;
  constexpr std::size_t kEach = 20'000;
  Ledger ledger(kThreads * kEach);
  std::atomic<std::size_t> accepted = 0;
  auto scheduler =
      make({.max_batch_requests = 16, .workers = 2, .max_queued_requests = 500, .coalesce = true});
  in_threads(kThreads, [&](int thread) {
    std::mt19937_64 random(static_cast<unsigned>(thread));
    std::vector<Ticket> tickets;
    for (std::size_t i = 0; i < kEach; ++i) {
      const std::size_t number = static_cast<std::size_t>(thread) * kEach + i;
      std::uint64_t query = random() % 64;
      SubmitOptions options{.priority = static_cast<Priority>(random() % kPriorities)};
      if (random() % 100 == 0) query |= kPoison;
      if (random() % 2 == 0) options.key = std::to_string(query);
      if (random() % 4 == 0) options.deadline = std::chrono::steady_clock::now() + 200us;
      const auto ticket =
          scheduler->submit(query, 1 + number % 100, options, ledger.done(number, query));
      if (ticket) tickets.push_back(*ticket);
      accepted += ticket.has_value();
      if (!tickets.empty() && random() % 4 == 0)
        scheduler->cancel(tickets[random() % tickets.size()]);
      if (!ticket) std::this_thread::yield();
    }
  });
  EXPECT_EQ(scheduler->drain(std::chrono::steady_clock::now() + 60s), 0u);
  EXPECT_EQ(ledger.answered_once(), accepted.load());
  EXPECT_EQ(ledger.wrong, 0);
  const SchedulerStats stats = scheduler->stats();
  EXPECT_EQ(stats.accepted, accepted.load());
  EXPECT_EQ(stats.accepted + stats.refused, kThreads * kEach);
  EXPECT_EQ(
      stats.accepted,
      stats.answered + stats.failed + stats.expired + stats.cancelled + stats.dropped
  );
  EXPECT_EQ(stats.unanswered, 0u);
}

TEST(SchedulerThreads, DestructionAnswersEveryRequest) {
  for (std::size_t round = 0; round < 300; ++round) {
    Ledger ledger(50);
    std::size_t accepted = 0;
    {
      auto scheduler = make({.max_batch_requests = 4, .workers = 2, .max_wait = 1ms});
      for (std::size_t i = 0; i < 50; ++i)
        accepted += scheduler->submit(i, 5, {}, ledger.done(i, i)).has_value();
      if (round % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(round));
    }
    ASSERT_EQ(ledger.answered_once(), accepted);
    ASSERT_EQ(ledger.wrong, 0);
  }
}

TEST(SchedulerThreads, DoneMaySubmit) {
  auto scheduler = make({});
  std::promise<void> finished;
  std::function<void(std::uint64_t)> next = [&](std::uint64_t left) {
    const auto ticket =
        scheduler->submit(left, 1, {}, [&, left](Result<std::uint64_t>&&, const RequestTrace&) {
          left == 0 ? finished.set_value() : next(left - 1);
        });
    EXPECT_TRUE(ticket);
  };
  next(10'000);
  finished.get_future().wait();
}

TEST(SchedulerThreads, DrainWaitsForWhatRuns) {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  auto made = Scheduler::make({}, [open](auto queries, auto answers) {
    open.wait();
    return compute(queries, answers);
  });
  Ledger ledger(1);
  ASSERT_TRUE((*made)->submit(7, 1, {}, ledger.done(0, 7)));
  EXPECT_EQ((*made)->drain(std::chrono::steady_clock::now() + 5ms), 0u);
  EXPECT_EQ(ledger.answered_once(), 0u);
  gate.set_value();
  (*made)->drain(std::chrono::steady_clock::now() + 60s);
  EXPECT_EQ(ledger.answered_once(), 1u);
}

/// What an observer is told adds up to what the scheduler counts.
TEST(SchedulerThreads, AnObserverSeesEverything) {
  struct Observer final : SchedulerObserver {
    void on_batch(const BatchTrace& batch) override {
      batches += 1;
      requests += batch.requests;
    }
    void on_answer(const RequestTrace&, const Status&) override { answers += 1; }
    void on_refusal(const Refusal&, Priority) override { refusals += 1; }
    std::atomic<std::uint64_t> batches = 0, requests = 0, answers = 0, refusals = 0;
  };
  const auto observer = std::make_shared<Observer>();
  auto made = Scheduler::make(
      {.max_batch_requests = 8, .max_queued_requests = 100}, compute, {.observer = observer}
  );
  Ledger ledger(10'000);
  for (std::size_t i = 0; i < 10'000; ++i)
    static_cast<void>((*made)->submit(i, 3, {}, ledger.done(i, i)));
  (*made)->drain(std::chrono::steady_clock::now() + 60s);
  const SchedulerStats stats = (*made)->stats();
  EXPECT_EQ(observer->batches, stats.batches);
  EXPECT_EQ(observer->requests, stats.answered);
  EXPECT_EQ(observer->answers, stats.accepted);
  EXPECT_EQ(observer->refusals, stats.refused);
}

}  // namespace
}  // namespace martlet
