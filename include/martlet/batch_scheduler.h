// Single requests in, batches through one function, each answer back to its request.
//
//   using Scheduler = martlet::BatchScheduler<std::string, float>;
//   auto scheduler = Scheduler::make({}, [&](auto texts, auto scores) { return model(texts,
//   scores); }); auto ticket = (*scheduler)->submit(text, tokens, {.priority =
//   Priority::kInteractive}, done); if (!ticket) reply_busy(ticket.error().retry_after);
//
// A batch begins as soon as a worker is free, and takes what waits then: requests of similar length
// from every priority class, within a budget of tokens. The queue is bounded, and a request that
// could not be served in time is refused when it comes. A batch that fails is halved until only
// those fail that make it fail.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "martlet/scheduler_core.h"
#include "martlet/scheduling.h"
#include "martlet/status.h"

namespace martlet {

/// Every member is safe to call from any thread, also from inside Done; only the destructor must
/// not run there. Answer is default-constructible and movable; to coalesce also copyable.
template <class Query, class Answer>
class BatchScheduler {
 public:
  /// Writes answers[i] for queries[i]. A Status that is not ok, or an exception, fails the batch:
  /// its halves are then tried alone. kUnavailable says that the engine itself is gone: the whole
  /// batch fails at once.
  using BatchFunction =
      std::function<Status(std::span<const Query* const> queries, std::span<Answer> answers)>;
  /// Called exactly once for every accepted request, on a thread of the runner. The next batch
  /// waits for it: keep it short. Must not throw. Failures: kCancelled, kDeadlineExceeded,
  /// kUnavailable (the scheduler stopped), or what the batch function said.
  using Done = std::function<void(Result<Answer>&& answer, const RequestTrace& trace)>;
  /// The same for many requests, in the order of their queries.
  using ManyDone =
      std::function<void(std::vector<Result<Answer>>&& answers, std::span<const RequestTrace>)>;

  template <class T>
  using Admitted = tl::expected<T, Refusal>;

  /// kInvalidArgument for an option out of range.
  static Result<std::unique_ptr<BatchScheduler>> make(
      const SchedulerOptions& options, BatchFunction run, SchedulerEnvironment environment = {}
  ) {
    if (Status status = check(options); !status.ok()) return status;
    if (options.coalesce && !std::is_copy_constructible_v<Answer>)
      return Status(
          StatusCode::kInvalidArgument,
          "[scheduler] coalesce, got an answer type that cannot be copied, expected one that can"
      );
    return std::unique_ptr<BatchScheduler>(
        new BatchScheduler(options, std::move(run), std::move(environment))
    );
  }

  /// Every accepted request is answered when this returns; those that had not begun, with
  /// kUnavailable.
  ~BatchScheduler() = default;

  /// Queues `query`, which is `tokens` long. Never blocks and never calls `done`.
  Admitted<Ticket> submit(
      Query query, std::int32_t tokens, const SubmitOptions& options, Done done
  ) {
    auto item = std::make_unique<Item>(std::move(query), std::move(done));
    prepare(*item, tokens, options);
    SchedulerRequest* const request = item.get();
    Ticket ticket;
    if (auto accepted = core_.submit({&request, 1}, {&ticket, 1}); !accepted)
      return tl::make_unexpected(std::move(accepted.error()));
    static_cast<void>(item.release());  // the core owns it
    return ticket;
  }

  /// Queues all queries or none; query i is tokens[i] long. They are batched like any others, and
  /// `done` is called once, when the last is answered. SubmitOptions::key is not used.
  Admitted<std::vector<Ticket>> submit_many(
      std::vector<Query> queries, std::span<const std::int32_t> tokens,
      const SubmitOptions& options, ManyDone done
  ) {
    auto gathering = std::make_shared<Gathering>(queries.size(), std::move(done));
    std::vector<std::unique_ptr<Item>> items;
    std::vector<SchedulerRequest*> requests;
    items.reserve(queries.size());
    requests.reserve(queries.size());
    const SubmitOptions each{options.priority, options.deadline, {}};
    for (std::size_t i = 0; i < queries.size(); ++i) {
      items.push_back(std::make_unique<Item>(
          std::move(queries[i]),
          [gathering, i](Result<Answer>&& answer, const RequestTrace& trace) {
            gathering->add(i, std::move(answer), trace);
          }
      ));
      prepare(*items[i], i < tokens.size() ? tokens[i] : 0, each);
      requests.push_back(items[i].get());
    }
    std::vector<Ticket> tickets(requests.size());
    if (auto accepted = core_.submit(requests, tickets); !accepted)
      return tl::make_unexpected(std::move(accepted.error()));
    for (auto& item : items) static_cast<void>(item.release());  // the core owns them
    return tickets;
  }

  /// What submit would say now to a request like this, for callers who would rather not prepare a
  /// query that is then refused. A refusal counts as one. `ahead` requests of its class heard yes
  /// and are still being prepared: they are taken to be like those that wait.
  Admitted<void> would_accept(
      std::int32_t tokens, const SubmitOptions& options, std::int64_t ahead = 0
  ) {
    return core_.would_accept(tokens, options, ahead);
  }

  /// Asks for an answer of kCancelled. One that waits leaves the queue at once and is never
  /// computed; of one that runs the answer is dropped. False when it has its answer already.
  bool cancel(const Ticket& ticket) { return core_.cancel(ticket); }

  /// From now on every submit is refused with kStopped. What was accepted goes on.
  void stop() { core_.stop(); }

  /// Stops, and waits until every accepted request is answered. At `deadline` those that have not
  /// begun are answered with kUnavailable; returns how many. Not from inside Done.
  std::uint64_t drain(Clock::TimePoint deadline) { return core_.drain(deadline); }

  [[nodiscard]] SchedulerStats stats() const { return core_.stats(); }

 private:
  struct Item final : SchedulerRequest {
    Item(Query&& query_in, Done&& done_in) : query(std::move(query_in)), done(std::move(done_in)) {}
    Query query;
    Answer answer{};
    Done done;
  };

  /// Puts the answers of one submit_many back in order.
  struct Gathering {
    Gathering(std::size_t size, ManyDone&& done_in)
        : answers(size, Result<Answer>(Status())),
          traces(size),
          left(size),
          done(std::move(done_in)) {}

    void add(std::size_t index, Result<Answer>&& answer, const RequestTrace& trace) {
      answers[index] = std::move(answer);
      traces[index] = trace;
      if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) done(std::move(answers), traces);
    }

    std::vector<Result<Answer>> answers;
    std::vector<RequestTrace> traces;
    std::atomic<std::size_t> left;
    ManyDone done;
  };

  class Work final : public SchedulerWork {
   public:
    explicit Work(BatchFunction&& run) : run_(std::move(run)) {}

    Status run(std::span<SchedulerRequest* const> batch) override {
      try {
        std::vector<const Query*> queries;
        queries.reserve(batch.size());
        for (SchedulerRequest* request : batch) queries.push_back(&item(request).query);
        std::vector<Answer> answers(batch.size());
        if (Status status = run_(queries, answers); !status.ok()) return status;
        for (std::size_t i = 0; i < batch.size(); ++i)
          item(batch[i]).answer = std::move(answers[i]);
        return {};
      } catch (const std::exception& exception) {
        return {StatusCode::kInternal, std::string("[scheduler] batch threw: ") + exception.what()};
      } catch (...) {
        return {StatusCode::kInternal, "[scheduler] batch threw something unknown"};
      }
    }

    void copy_answer(const SchedulerRequest& from, SchedulerRequest& to) override {
      if constexpr (std::is_copy_constructible_v<Answer>)
        item(&to).answer = static_cast<const Item&>(from).answer;
    }

    void finish(SchedulerRequest* request) override {
      const std::unique_ptr<Item> owned(&item(request));
      if (owned->outcome.ok()) {
        owned->done(std::move(owned->answer), owned->trace);
      } else {
        owned->done(std::move(owned->outcome), owned->trace);
      }
    }

   private:
    static Item& item(SchedulerRequest* request) { return static_cast<Item&>(*request); }
    BatchFunction run_;
  };

  BatchScheduler(
      const SchedulerOptions& options, BatchFunction&& run, SchedulerEnvironment&& environment
  )
      : work_(std::move(run)), core_(options, work_, std::move(environment)) {}

  static void prepare(Item& item, std::int32_t tokens, const SubmitOptions& options) {
    item.options = options;
    item.trace.priority = options.priority;
    item.trace.tokens = tokens;
  }

  Work work_;
  SchedulerCore core_;  // after work_: its destructor still calls it
};

}  // namespace martlet
