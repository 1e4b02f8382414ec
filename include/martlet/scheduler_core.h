// The scheduler without types: what BatchScheduler<Query, Answer> is a thin, typed skin over.
// Programs use batch_scheduler.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "martlet/scheduling.h"

namespace martlet {

struct SchedulerRequest;
using RequestTimers = std::multimap<Clock::TimePoint, SchedulerRequest*>;

/// A place in a doubly linked list of requests.
struct RequestLinks {
  SchedulerRequest* previous = nullptr;
  SchedulerRequest* next = nullptr;
};

/// One request; the typed scheduler derives its own with query, answer and callback. The fields
/// below belong to the core from `submit` to `finish`.
struct SchedulerRequest {
  SubmitOptions options;
  RequestTrace trace;

  enum class State : std::uint8_t { kQueued, kFollowing, kRunning, kDone };
  State state = State::kQueued;
  bool cancelled = false;         // while it ran: its answer is dropped
  std::uint32_t slot = 0;         // of its ticket
  std::uint32_t bucket = 0;       // of its length
  std::uint64_t order = 0;        // its place in its class
  RequestLinks by_arrival;        // in its class, or among those that follow an identical request
  RequestLinks by_length;         // in its class and bucket
  bool timed = false;             // whether `timer` is set
  RequestTimers::iterator timer;  // in the order of deadlines
  Status outcome;
};

/// What the core asks of the typed scheduler. All three are called without a lock.
class SchedulerWork {
 public:
  virtual ~SchedulerWork() = default;
  /// Computes the answers of all, or fails for all. Must not throw.
  virtual Status run(std::span<SchedulerRequest* const> batch) = 0;
  /// Gives `to` the answer that `from` has.
  virtual void copy_answer(const SchedulerRequest& from, SchedulerRequest& to) = 0;
  /// Tells the caller `request.outcome` and destroys the request.
  virtual void finish(SchedulerRequest* request) = 0;
};

class MARTLET_API SchedulerCore {
 public:
  /// `options` have been checked; `work` outlives the core.
  SchedulerCore(
      const SchedulerOptions& options, SchedulerWork& work, SchedulerEnvironment environment
  );
  /// Runs what has begun, drops what waits, and returns when every request is finished.
  ~SchedulerCore();
  SchedulerCore(const SchedulerCore&) = delete;
  SchedulerCore& operator=(const SchedulerCore&) = delete;

  /// Accepts all of `requests`, which then belong to the core, and writes a ticket for each; or
  /// none, and the caller keeps them.
  tl::expected<void, Refusal> submit(
      std::span<SchedulerRequest* const> requests, std::span<Ticket> tickets
  );
  tl::expected<void, Refusal> would_accept(
      std::int32_t tokens, const SubmitOptions& options, std::int64_t ahead
  );
  bool cancel(const Ticket& ticket);
  void stop();
  std::uint64_t drain(Clock::TimePoint deadline);
  [[nodiscard]] SchedulerStats stats() const;

 private:
  struct Impl;
  std::shared_ptr<TaskRunner> runner_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet
