// A million requests through the whole scheduler in simulated time: one thread, the same run every
// time. The load is random in everything; what must hold for any load is checked.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "martlet/batch_scheduler.h"
#include "scheduler/simulated_time.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct Query {
  std::size_t number = 0;
  std::int32_t tokens = 0;
  Clock::TimePoint deadline = Clock::TimePoint::max();
  bool poisoned = false;
};
using Scheduler = BatchScheduler<Query, std::uint64_t>;

std::uint64_t answer_to(std::size_t number) { return number * 0x9E3779B97F4A7C15u; }

constexpr nanoseconds kOverhead = 50us;
constexpr nanoseconds kPerToken = 1us;  // so a worker's capacity is just under a million tokens/s

/// A scheduler in simulated time whose engine takes the time of its tokens, checks what it is
/// given, and books what becomes of every request.
class World {
 public:
  explicit World(const SchedulerOptions& options, unsigned seed = 7)
      : options_(options), random_(seed) {
    auto made = Scheduler::make(
        options, [this](auto queries, auto answers) { return compute(queries, answers); },
        {.clock = time_, .runner = time_}
    );
    scheduler = std::move(made.value());
  }

  /// The ticket, or how long to stay away.
  Scheduler::Admitted<Ticket> submit(
      Query query, const SubmitOptions& options, std::function<void(const RequestTrace&)> then = {}
  ) {
    query.number = answers_.size();
    query.deadline = options.deadline;
    answers_.push_back(0);
    poisoned_.push_back(query.poisoned);
    auto ticket = scheduler->submit(
        query, query.tokens, options,
        [this, number = query.number,
         then = std::move(then)](Result<std::uint64_t>&& answer, const RequestTrace& trace) {
          book(number, answer, trace);
          if (then) then(trace);
        }
    );
    if (!ticket) {
      answers_[query.number] = 1;  // as good as answered: never to be answered again
      ++refused;
    }
    return ticket;
  }

  Clock::TimePoint now() { return time_->now(); }
  SimulatedTime& time() { return *time_; }
  std::mt19937_64& random() { return random_; }
  std::int32_t length() { return std::min(512, 1 + static_cast<std::int32_t>(lengths_(random_))); }
  bool chance(double share) { return std::uniform_real_distribution<>(0, 1)(random_) < share; }

  /// What has been computed after `time`, in tokens of each class. (A worker goes on while anything
  /// waits, so the time can only be met from inside the run.)
  std::array<std::int64_t, kPriorities> done_after(nanoseconds time) {
    std::array<std::int64_t, kPriorities> seen{};
    time_->post_at(now() + time, [&] { seen = tokens_done; });
    time_->run_dry();
    return seen;
  }

  /// Calls `arrive` `count` times, at random moments `mean` apart.
  void arrivals(std::size_t count, nanoseconds mean, std::function<void()> arrive) {
    if (count == 0) return;
    const double gap =
        std::exponential_distribution<>()(random_) * static_cast<double>(mean.count());
    time_->post_at(
        now() + nanoseconds(static_cast<std::int64_t>(gap)),
        [this, count, mean, arrive = std::move(arrive)]() mutable {
          arrive();
          arrivals(count - 1, mean, std::move(arrive));
        }
    );
  }

  /// Nothing lost, nothing twice, and the counters say so.
  void expect_balance() {
    time_->run_dry();
    EXPECT_TRUE(std::all_of(answers_.begin(), answers_.end(), [](int n) { return n == 1; }));
    const SchedulerStats stats = scheduler->stats();
    EXPECT_EQ(stats.accepted + stats.refused, answers_.size());
    EXPECT_EQ(stats.refused, refused);
    EXPECT_EQ(stats.answered, answered);
    EXPECT_EQ(
        stats.accepted,
        stats.answered + stats.failed + stats.expired + stats.cancelled + stats.dropped
    );
    EXPECT_EQ(stats.unanswered, 0u);
    EXPECT_EQ(stats.queued_requests, 0);
    EXPECT_EQ(stats.queued_tokens, 0);
    EXPECT_EQ(stats.running_batches, 0);
    EXPECT_EQ(wrong, 0u);
  }

  std::unique_ptr<Scheduler> scheduler;
  std::uint64_t refused = 0;
  std::uint64_t answered = 0;
  std::uint64_t wrong = 0;  // a broken promise, of any kind
  std::array<std::int64_t, kPriorities> tokens_done{};

 private:
  Status compute(std::span<const Query* const> queries, std::span<std::uint64_t> answers) {
    std::int64_t tokens = 0;
    std::int32_t longest = 0;
    bool poisoned = false;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      tokens += queries[i]->tokens;
      longest = std::max(longest, queries[i]->tokens);
      poisoned |= queries[i]->poisoned;
      answers[i] = answer_to(queries[i]->number);
      wrong += queries[i]->deadline <= began_at(queries[i]->number);
    }
    if (options_.padded) tokens = longest * static_cast<std::int64_t>(queries.size());
    wrong += queries.size() > 1 && tokens > options_.max_batch_tokens;
    wrong += queries.size() > static_cast<std::size_t>(options_.max_batch_requests);
    time_->pass(kOverhead + tokens * kPerToken);
    return poisoned ? Status(StatusCode::kInternal, "poison") : Status();
  }

  /// When the batch of this request began: its first call, which later halves of it come after.
  Clock::TimePoint began_at(std::size_t number) {
    if (began_.size() <= number) began_.resize(2 * number + 1);
    if (began_[number] == Clock::TimePoint{}) began_[number] = now();
    return began_[number];
  }

  void book(std::size_t number, const Result<std::uint64_t>& answer, const RequestTrace& trace) {
    ++answers_[number];
    if (!answer) {
      const bool ran = trace.batch_id != 0 && answer.error().code() != StatusCode::kCancelled;
      wrong += ran != poisoned_[number] && ran;  // nobody fails for a neighbour
      return;
    }
    ++answered;
    wrong += poisoned_[number];
    if (!trace.shared) {
      wrong += *answer != answer_to(number);
      tokens_done[static_cast<std::size_t>(trace.priority)] += trace.tokens;
    }
  }

  const SchedulerOptions options_;
  std::shared_ptr<SimulatedTime> time_ = std::make_shared<SimulatedTime>();
  std::mt19937_64 random_;
  std::lognormal_distribution<> lengths_{3, 0.8};
  std::vector<std::uint8_t> answers_;  // how often request n was answered
  std::vector<bool> poisoned_;
  std::vector<Clock::TimePoint> began_;
};

/// Everything at once: all classes, deadlines, cancellations, poison, identical queries.
void anything_goes(const SchedulerOptions& options, std::size_t requests, double load) {
  World world(options);
  std::vector<Ticket> tickets;
  const double mean = 28.0 * static_cast<double>(kPerToken.count()) / load / options.workers;
  world.arrivals(requests, nanoseconds(static_cast<std::int64_t>(mean)), [&] {
    SubmitOptions submit;
    submit.priority = static_cast<Priority>(world.random()() % kPriorities);
    if (world.chance(0.3))
      submit.deadline = world.now() + nanoseconds(world.random()() % 40'000'000);
    const bool poisoned = world.chance(0.001);
    if (!poisoned && world.chance(0.2)) submit.key = std::to_string(world.random()() % 50);
    const auto ticket = world.submit({.tokens = world.length(), .poisoned = poisoned}, submit);
    if (ticket) tickets.push_back(*ticket);
    if (world.chance(0.1) && !tickets.empty())
      world.scheduler->cancel(tickets[world.random()() % tickets.size()]);
    if (tickets.size() > 1000) tickets.erase(tickets.begin(), tickets.begin() + 500);
  });
  world.expect_balance();
  EXPECT_GT(world.answered, requests / 4);
}

SchedulerOptions busy() {
  SchedulerOptions options;
  options.max_queued_requests = 2000;
  options.max_queued_tokens = 100'000;
  options.coalesce = true;
  return options;
}

TEST(SchedulerSimulation, AMillionRequestsUnderOverload) { anything_goes(busy(), 600'000, 1.5); }

TEST(SchedulerSimulation, AMillionRequestsOnTwoWorkersThatHold) {
  SchedulerOptions options = busy();
  options.workers = 2;
  options.max_wait = 2ms;
  anything_goes(options, 400'000, 0.7);
}

TEST(SchedulerSimulation, APaddingEngine) {
  SchedulerOptions options = busy();
  options.padded = true;
  options.max_batch_requests = 32;
  anything_goes(options, 100'000, 0.9);
}

/// Waiting requests of a class get their share, whatever the other classes do.
TEST(SchedulerSimulation, NoClassStarvesAnother) {
  SchedulerOptions options;
  options.max_queued_requests = 4000;
  World world(options);
  nanoseconds longest_interactive{0};
  world.arrivals(200'000, 10us, [&] {  // three times what the engine can do, most of it bulk
    const bool interactive = world.chance(0.1);
    SubmitOptions submit;
    submit.priority = interactive ? Priority::kInteractive : Priority::kBulk;
    static_cast<void>(world.submit(
        {.tokens = world.length()}, submit,
        [&, interactive](const RequestTrace& trace) {
          if (interactive) longest_interactive = std::max(longest_interactive, trace.queue_time);
        }
    ));
  });
  const auto done = world.done_after(1900ms);
  // A full bulk batch takes 2.1 ms: an interactive request waits for the end of one and little
  // more.
  EXPECT_LT(longest_interactive, 10ms);
  EXPECT_GT(done[2], 1'000'000);
  world.expect_balance();
}

TEST(SchedulerSimulation, BulkGetsItsShareOfABusyEngine) {
  SchedulerOptions options;
  options.max_queued_requests = 4000;
  World world(options);
  world.arrivals(200'000, 10us, [&] {
    SubmitOptions submit;
    submit.priority = world.chance(0.8) ? Priority::kInteractive : Priority::kBulk;
    static_cast<void>(world.submit({.tokens = world.length()}, submit));
  });
  const auto done = world.done_after(1900ms);
  EXPECT_NEAR(static_cast<double>(done[2]) / static_cast<double>(done[0]), 1.0 / 16, 0.01);
  world.expect_balance();
}

/// Each request is served in the time its class needs for what was ahead of it, however its length
/// fits with the others.
TEST(SchedulerSimulation, AgingBoundsEveryWait) {
  SchedulerOptions options;
  options.aging = 20ms;
  World world(options);
  const double sum = 16 + 4 + 1;
  std::array<std::int64_t, kPriorities> waiting{};
  std::uint64_t late = 0;
  double closest = 0;
  const auto arrive = [&] {
    SubmitOptions submit;
    submit.priority = static_cast<Priority>(world.random()() % kPriorities);
    const auto c = static_cast<std::size_t>(submit.priority);
    const std::int32_t tokens = world.length();
    // Batches are at least half full while the class has something ahead of the request.
    const auto ahead = static_cast<double>(waiting[c] + 2 * options.max_batch_tokens);
    const double per_token = 1.0 + 50.0 / 1024;
    const double bound = 2e3 * per_token * ahead * sum / options.shares[c] +
                         static_cast<double>(nanoseconds(options.aging).count());
    waiting[c] += tokens;
    static_cast<void>(world.submit(
        {.tokens = tokens}, submit,
        [&, c, tokens, bound](const RequestTrace& trace) {
          waiting[c] -= tokens;
          const double share = static_cast<double>(trace.queue_time.count()) / bound;
          closest = std::max(closest, share);
          late += share > 1;
        }
    ));
  };
  for (int burst = 0; burst < 20; ++burst) {
    world.arrivals(10'000, 10us, arrive);
    world.time().run_dry();
  }
  EXPECT_EQ(late, 0u);
  EXPECT_GT(closest, 0.05);  // the bound is not so wide that it says nothing
  world.expect_balance();
}

/// Five times the capacity, and nobody who is refused stays away longer than asked.
TEST(SchedulerSimulation, OverloadIsRefusedAndTheEngineStaysBusy) {
  SchedulerOptions options;
  options.max_queue_time = 200ms;
  World world(options);
  std::vector<nanoseconds> waits;
  world.arrivals(1'000'000, 6us, [&] {
    static_cast<void>(world.submit({.tokens = world.length()}, {}, [&](const RequestTrace& trace) {
      waits.push_back(trace.queue_time);
    }));
  });
  const auto done = world.done_after(5900ms);
  const double capacity = 5.9e6 / (1.0 + 50.0 / 2048);
  EXPECT_GT(static_cast<double>(done[1]), 0.98 * capacity);
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[waits.size() * 99 / 100], 260ms);
  world.expect_balance();
}

/// One of the eight requests of every batch makes it fail.
TEST(SchedulerSimulation, APoisonedRequestFailsAlone) {
  SchedulerOptions options;
  options.max_batch_requests = 8;
  World world(options);
  constexpr std::size_t kBatches = 100'000;
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    for (std::size_t i = 0; i < 8; ++i)
      static_cast<void>(world.submit({.tokens = 10, .poisoned = i == batch % 8}, {}));
    world.time().run_dry();
  }
  EXPECT_EQ(world.scheduler->stats().batches, kBatches);
  EXPECT_EQ(world.scheduler->stats().failed, kBatches);
  EXPECT_EQ(world.answered, 7 * kBatches);
  world.expect_balance();
}

TEST(SchedulerSimulation, WhoComesBackWhenToldFindsRoom) {
  SchedulerOptions options;
  options.max_queue_time = 50ms;
  World world(options);
  std::uint64_t first = 0;
  std::uint64_t again = 0;
  const auto attempt = [&](auto&& self, bool retry) -> void {
    const auto ticket = world.submit({.tokens = world.length()}, {});
    if (ticket) return;
    ++(retry ? again : first);
    EXPECT_GT(ticket.error().retry_after, 0ns);
    world.time().post_at(world.now() + ticket.error().retry_after, [&, self] { self(self, true); });
  };
  for (int burst = 0; burst < 50; ++burst) {
    world.arrivals(5000, 7us, [&] { attempt(attempt, false); });  // 35 ms: more than fits
    world.time().run_dry();
  }
  EXPECT_GT(first, 10'000u);
  EXPECT_LT(again, first / 100);
  world.expect_balance();
}

}  // namespace
}  // namespace martlet
