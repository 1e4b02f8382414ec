#include "martlet/scheduler_core.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "core/error.h"
#include "scheduler/isolate.h"
#include "scheduler/scheduler_state.h"

namespace martlet {

/// The state behind its lock, and the workers that serve it. Tasks on the runner share it: a timer
/// may fire after the scheduler is gone.
struct SchedulerCore::Impl : std::enable_shared_from_this<SchedulerCore::Impl> {
  Impl(
      const SchedulerOptions& options, SchedulerWork& work_in,
      const SchedulerEnvironment& environment
  )
      : max_workers(options.workers),
        work(work_in),
        clock(environment.clock),
        runner(environment.runner.get()),
        observer(environment.observer),
        state(options) {}

  /// In words, and told to the observer; without the lock.
  Refusal refuse(const Denial& denial, Priority priority) const;
  /// Starts a worker if there is something to do and one is free; with the lock.
  void wake(Clock::TimePoint now);
  /// One worker: goes on while there is something to do.
  void serve();
  void run(RunningBatch& batch);
  /// Tells the callers; without the lock.
  void deliver(SchedulerRequest* request, SchedulerStats& counts);
  /// Those delivered are no longer of concern; with the lock.
  void settle(SchedulerStats& counts);

  const std::int32_t max_workers;
  SchedulerWork& work;
  const std::shared_ptr<Clock> clock;
  TaskRunner* const runner;
  const std::shared_ptr<SchedulerObserver> observer;

  std::mutex mutex;
  std::condition_variable settled;  // fewer are unanswered, or a worker went away
  SchedulerState state;
  SchedulerStats counts;  // those of its fields that only grow, and `unanswered`
  std::int32_t workers = 0;
  Clock::TimePoint timer = Clock::TimePoint::max();  // when the runner looks after what is held
};

SchedulerCore::SchedulerCore(
    const SchedulerOptions& options, SchedulerWork& work, SchedulerEnvironment environment
) {
  if (!environment.clock) environment.clock = monotonic_clock();
  if (!environment.runner)
    environment.runner = make_task_threads({.threads = options.workers, .spin = options.spin});
  runner_ = environment.runner;
  impl_ = std::make_shared<Impl>(options, work, environment);
}

SchedulerCore::~SchedulerCore() {
  drain(Clock::TimePoint::min());
  {
    std::unique_lock lock(impl_->mutex);
    impl_->settled.wait(lock, [&] { return impl_->counts.unanswered == 0 && impl_->workers == 0; });
  }
  impl_.reset();
  runner_.reset();  // after the last use of it: a runner's threads cannot join themselves
}

tl::expected<void, Refusal> SchedulerCore::submit(
    std::span<SchedulerRequest* const> requests, std::span<Ticket> tickets
) {
  if (requests.empty()) {
    return tl::make_unexpected(explain({RefusalReason::kInvalid, {}, 0, 1, "requests"}));
  }
  Impl& impl = *impl_;
  const Priority priority = requests.front()->trace.priority;
  std::optional<Denial> denial;
  {
    const std::lock_guard lock(impl.mutex);
    const Clock::TimePoint now = impl.clock->now();
    denial = impl.state.submit(requests, tickets, now);
    if (denial) {
      impl.counts.refused += requests.size();
    } else {
      impl.counts.accepted += requests.size();
      impl.counts.unanswered += requests.size();
      impl.wake(now);
    }
  }
  if (!denial) return {};
  return tl::make_unexpected(impl.refuse(*denial, priority));
}

tl::expected<void, Refusal> SchedulerCore::would_accept(
    std::int32_t tokens, const SubmitOptions& options, std::int64_t ahead
) {
  std::optional<Denial> denial;
  {
    const std::lock_guard lock(impl_->mutex);
    denial = impl_->state.would_deny(options, tokens, ahead, impl_->clock->now());
    impl_->counts.refused += denial ? 1 : 0;
  }
  if (!denial) return {};
  return tl::make_unexpected(impl_->refuse(*denial, options.priority));
}

bool SchedulerCore::cancel(const Ticket& ticket) {
  const std::lock_guard lock(impl_->mutex);
  const Clock::TimePoint now = impl_->clock->now();
  const bool found = impl_->state.cancel(ticket, now);
  impl_->wake(now);
  return found;
}

void SchedulerCore::stop() {
  const std::lock_guard lock(impl_->mutex);
  impl_->state.stop();
  impl_->wake(impl_->clock->now());
}

std::uint64_t SchedulerCore::drain(Clock::TimePoint deadline) {
  stop();
  std::unique_lock lock(impl_->mutex);
  if (deadline > impl_->clock->now())
    impl_->settled.wait_until(lock, deadline, [&] { return impl_->counts.unanswered == 0; });
  const Clock::TimePoint now = impl_->clock->now();
  const std::uint64_t dropped = impl_->state.drop_waiting(now);
  impl_->wake(now);
  return dropped;
}

SchedulerStats SchedulerCore::stats() const {
  const std::lock_guard lock(impl_->mutex);
  SchedulerStats stats = impl_->state.stats(impl_->clock->now());
  const SchedulerStats& counts = impl_->counts;
  stats.accepted = counts.accepted;
  stats.refused = counts.refused;
  stats.answered = counts.answered;
  stats.failed = counts.failed;
  stats.expired = counts.expired;
  stats.cancelled = counts.cancelled;
  stats.dropped = counts.dropped;
  stats.shared = counts.shared;
  stats.unanswered = counts.unanswered;
  return stats;
}

Refusal SchedulerCore::Impl::refuse(const Denial& denial, Priority priority) const {
  Refusal refusal = explain(denial);
  if (observer) observer->on_refusal(refusal, priority);
  return refusal;
}

void SchedulerCore::Impl::wake(Clock::TimePoint now) {
  if (workers == max_workers) return;  // whoever is done first looks again
  const Clock::TimePoint when = state.work_at(now);
  if (when <= now) {
    ++workers;
    runner->post([self = shared_from_this()] { self->serve(); });
  } else if (when < timer) {
    timer = when;
    runner->post_at(when, [weak = weak_from_this(), when] {
      const std::shared_ptr<Impl> self = weak.lock();
      if (!self) return;
      const std::lock_guard lock(self->mutex);
      if (self->timer == when) self->timer = Clock::TimePoint::max();
      self->wake(self->clock->now());
    });
  }
}

void SchedulerCore::Impl::serve() {
  std::vector<SchedulerRequest*> finished;
  RunningBatch batch;
  SchedulerStats done;
  for (;;) {
    bool began = false;
    {
      const std::lock_guard lock(mutex);
      settle(done);
      const Clock::TimePoint now = clock->now();
      state.take_withdrawn(now, finished);
      began = state.begin(now, batch);
      if (finished.empty() && !began) {
        --workers;
        wake(now);
        settled.notify_all();
        return;
      }
      wake(now);
    }
    for (SchedulerRequest* request : finished) deliver(request, done);
    finished.clear();
    if (!began) continue;
    run(batch);
    for (const auto& [leader, follower] : batch.followers) {
      follower->outcome = batch.requests[leader]->outcome;
      if (follower->outcome.ok()) work.copy_answer(*batch.requests[leader], *follower);
      deliver(follower, done);
    }
    for (SchedulerRequest* request : batch.requests) {
      if (request->cancelled)
        request->outcome = error(StatusCode::kCancelled, "scheduler", "the request was cancelled");
      deliver(request, done);
    }
    batch.requests.clear();
    batch.followers.clear();
  }
}

void SchedulerCore::Impl::run(RunningBatch& batch) {
  batch.trace.calls = run_isolated(work, batch.requests);
  {
    const std::lock_guard lock(mutex);
    state.end(clock->now(), batch);
  }
  if (observer) observer->on_batch(batch.trace);
}

void SchedulerCore::Impl::deliver(SchedulerRequest* request, SchedulerStats& done) {
  const bool ran = request->trace.batch_id != 0;
  switch (request->outcome.code()) {
    case StatusCode::kOk:
      ++done.answered;
      break;
    case StatusCode::kCancelled:
      ++(ran && !request->cancelled ? done.failed : done.cancelled);
      break;
    case StatusCode::kDeadlineExceeded:
      ++(ran ? done.failed : done.expired);
      break;
    case StatusCode::kUnavailable:
      ++(ran ? done.failed : done.dropped);
      break;
    default:
      ++done.failed;
  }
  done.shared += request->trace.shared ? 1 : 0;
  ++done.unanswered;
  if (observer) observer->on_answer(request->trace, request->outcome);
  work.finish(request);
}

void SchedulerCore::Impl::settle(SchedulerStats& done) {
  if (done.unanswered == 0) return;
  counts.answered += done.answered;
  counts.failed += done.failed;
  counts.expired += done.expired;
  counts.cancelled += done.cancelled;
  counts.dropped += done.dropped;
  counts.shared += done.shared;
  counts.unanswered -= done.unanswered;
  done = {};
  if (counts.unanswered == 0) settled.notify_all();
}

}  // namespace martlet
