// Everything the scheduler knows and decides, without threads: each call says what time it is and
// returns at once. The core calls it under a lock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "martlet/scheduler_core.h"
#include "scheduler/admission.h"
#include "scheduler/coalescer.h"
#include "scheduler/cost_model.h"
#include "scheduler/hold.h"
#include "scheduler/refusal.h"
#include "scheduler/request_queue.h"
#include "scheduler/ticket_table.h"

namespace martlet {

/// A batch from its beginning to its end.
struct RunningBatch {
  std::vector<SchedulerRequest*> requests;
  /// Those that follow requests[i], for all i; pairs of index and follower, filled at the end.
  std::vector<std::pair<std::size_t, SchedulerRequest*>> followers;
  BatchTrace trace;
};

class SchedulerState {
 public:
  explicit SchedulerState(const SchedulerOptions& options);

  /// Why one request like this would not be accepted behind `ahead` others that come before it, if
  /// it would not.
  [[nodiscard]] std::optional<Denial> would_deny(
      const SubmitOptions& options, std::int32_t tokens, std::int64_t ahead, Clock::TimePoint now
  );
  /// Accepts all of `requests` or says why none.
  std::optional<Denial> submit(
      std::span<SchedulerRequest* const> requests, std::span<Ticket> tickets, Clock::TimePoint now
  );
  bool cancel(const Ticket& ticket, Clock::TimePoint now);
  void stop() noexcept { stopping_ = true; }
  /// Withdraws what has not begun; returns how many.
  std::uint64_t drop_waiting(Clock::TimePoint now);

  /// Until when what waits is left alone: at most `now` when a worker should come, max() when there
  /// is nothing to do.
  [[nodiscard]] Clock::TimePoint work_at(Clock::TimePoint now) const;
  /// Requests that are over without having run: moved to the end of `finished`.
  void take_withdrawn(Clock::TimePoint now, std::vector<SchedulerRequest*>& finished);
  /// Forms the next batch if it is time for one.
  bool begin(Clock::TimePoint now, RunningBatch& batch);
  /// The batch has run and each request has its outcome.
  void end(Clock::TimePoint now, RunningBatch& batch);

  [[nodiscard]] SchedulerStats stats(Clock::TimePoint now) const;

 private:
  [[nodiscard]] std::optional<Denial> deny(
      std::span<SchedulerRequest* const> requests, const Load& load, Clock::TimePoint now
  );
  void accept(SchedulerRequest* request, Clock::TimePoint now, std::chrono::nanoseconds wait);
  void enqueue(SchedulerRequest* request);
  void withdraw(SchedulerRequest* request, Status outcome, Clock::TimePoint now);
  void expire(Clock::TimePoint now);
  void retire(SchedulerRequest* request);
  void stop_timer(SchedulerRequest* request);
  [[nodiscard]] Clock::TimePoint held_until(Clock::TimePoint now) const;
  [[nodiscard]] std::int64_t tokens_of_overhead() const;
  [[nodiscard]] std::int64_t share_of_batch(std::int64_t tokens_of_overhead) const;
  [[nodiscard]] ReleaseReason why_now(Clock::TimePoint now) const;
  [[nodiscard]] std::int64_t& following(const SchedulerRequest& request);
  [[nodiscard]] Load load(Clock::TimePoint now) const;

  const SchedulerOptions options_;
  RequestQueue queue_;
  Coalescer coalescer_;
  TicketTable tickets_;
  RequestTimers timers_;
  CostModel model_;
  Admission admission_;
  Hold hold_;
  std::vector<SchedulerRequest*> withdrawn_;
  std::vector<BatchTrace> running_;
  std::int64_t following_[kPriorities] = {};  // how many follow a request that waits
  bool stopping_ = false;
  std::uint64_t batches_ = 0;
  std::uint64_t batch_tokens_ = 0;
};

}  // namespace martlet
