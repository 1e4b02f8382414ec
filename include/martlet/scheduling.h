// The words of the scheduler: its options, what a request may ask for, and what it reports.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "martlet/clock.h"
#include "martlet/export.h"
#include "martlet/status.h"
#include "martlet/task_runner.h"

namespace martlet {

/// Most urgent first. Every class that has requests waiting gets its share of the tokens (see
/// SchedulerOptions::shares), so that none starves another.
enum class Priority : std::uint8_t { kInteractive, kNormal, kBulk };
inline constexpr std::size_t kPriorities = 3;

struct SchedulerOptions {
  /// Tokens of a batch at most; a longer request is a batch of its own.
  std::int32_t max_batch_tokens = 2048;
  /// Requests of a batch at most.
  std::int32_t max_batch_requests = 256;
  /// The batch function pads to the longest: a batch then costs longest x requests of the budget.
  bool padded = false;
  /// Batches that run at once.
  std::int32_t workers = 1;

  /// What may wait, beside what runs. An eighth of it is kept for each class: no class can take
  /// the room of the others.
  std::int64_t max_queued_tokens = 1 << 20;
  std::int32_t max_queued_requests = 1 << 14;
  /// A request that would wait longer than this, by the fitted cost of batches, is refused; 0: only
  /// the two limits above and the request's own deadline refuse.
  std::chrono::nanoseconds max_queue_time{0};

  /// While requests come fast, a free worker may leave the oldest waiting this long so that a
  /// batch becomes larger; it does so only when the fitted cost says that this pays, and never when
  /// requests come slowly. 0: never.
  std::chrono::nanoseconds max_wait{0};
  /// A request that has waited this long is no longer passed over for others of a better length.
  std::chrono::nanoseconds aging = std::chrono::milliseconds(100);
  /// Tokens that the classes get, relative to each other, while all of them have requests waiting.
  std::int32_t shares[kPriorities] = {16, 4, 1};

  /// Requests with the same SubmitOptions::key are computed once while the first is not answered.
  bool coalesce = false;
  /// For the threads that the scheduler makes when it is given no TaskRunner.
  std::chrono::microseconds spin{0};
};

/// kInvalidArgument for a number out of range.
MARTLET_API Status check(const SchedulerOptions& options);

struct SubmitOptions {
  Priority priority = Priority::kNormal;
  /// A request whose batch has not begun by then is answered with kDeadlineExceeded.
  Clock::TimePoint deadline = Clock::TimePoint::max();
  /// What makes two queries the same, for SchedulerOptions::coalesce; empty: like no other.
  std::string key = {};
};

/// Names an accepted request, until it is answered and also after that.
struct Ticket {
  std::uint64_t id = 0;
  std::uint32_t slot = 0;
};

enum class RefusalReason : std::uint8_t {
  kQueueFull,  // no room for its tokens or requests
  kTooSlow,    // would wait longer than max_queue_time, or past its deadline
  kTooLarge,   // more than the queue ever holds: trying again does not help
  kStopped,    // the scheduler drains
  kExpired,    // its deadline was over when it came
  kInvalid,    // fewer than one token
};

/// "queue_full", "too_slow", ... Static storage.
MARTLET_API std::string_view to_string(RefusalReason reason) noexcept;

/// A request that was not accepted.
struct Refusal {
  RefusalReason reason = RefusalReason::kQueueFull;
  /// kResourceExhausted, kDeadlineExceeded, kUnavailable or kInvalidArgument.
  Status status;
  /// By then, if nobody else comes, half of what stands in the way will be gone; those refused are
  /// given times one after the other. 0 where trying again does not help.
  std::chrono::nanoseconds retry_after{0};
};

/// Why a batch began when it did.
enum class ReleaseReason : std::uint8_t {
  kNone,      // it did not: the request never ran
  kFull,      // the budget was reached
  kIdle,      // a worker was free and waiting would not have paid
  kMaxWait,   // the oldest had waited max_wait
  kDeadline,  // a deadline would have passed
  kDrain,     // the scheduler stops: nothing more comes
};

/// "none", "full", "idle", ... Static storage.
MARTLET_API std::string_view to_string(ReleaseReason reason) noexcept;
/// "interactive", "normal", "bulk". Static storage.
MARTLET_API std::string_view to_string(Priority priority) noexcept;

/// What happened to one request. Times it did not live through are zero.
struct RequestTrace {
  std::uint64_t id = 0;
  Priority priority = Priority::kNormal;
  ReleaseReason release = ReleaseReason::kNone;
  /// Answered by the computation of an identical request.
  bool shared = false;
  std::int32_t tokens = 0;
  Clock::TimePoint arrival{};
  std::chrono::nanoseconds predicted_wait{0};  // when it was accepted
  std::chrono::nanoseconds queue_time{0};      // arrival to the begin of its batch, or to its end
  std::chrono::nanoseconds run_time{0};        // of its batch
  std::chrono::nanoseconds predicted_run{0};   // of its batch
  std::uint64_t batch_id = 0;                  // 0: it did not run
  std::int32_t batch_requests = 0;
  std::int64_t batch_tokens = 0;
};

/// What happened to one batch.
struct BatchTrace {
  std::uint64_t id = 0;
  ReleaseReason release = ReleaseReason::kNone;
  std::int32_t requests = 0;
  std::int64_t tokens = 0;
  std::int32_t longest = 0;  // in tokens; longest x requests is what a padding engine computes
  std::int32_t calls = 0;    // of the batch function: more than one when a failure was bisected
  Clock::TimePoint begin{};
  std::chrono::nanoseconds oldest_wait{0};
  std::chrono::nanoseconds run_time{0};
  std::chrono::nanoseconds predicted_run{0};
  std::int32_t queued_requests = 0;  // left behind when it began
  std::int64_t queued_tokens = 0;
};

/// Told what happens, outside of the scheduler's lock. Must be thread-safe, short and not throw.
class SchedulerObserver {
 public:
  virtual ~SchedulerObserver() = default;
  virtual void on_batch(const BatchTrace& /*batch*/) {}
  /// After every accepted request, just before its Done is called; `outcome` is ok for an answer.
  virtual void on_answer(const RequestTrace& /*request*/, const Status& /*outcome*/) {}
  /// On the thread that submitted.
  virtual void on_refusal(const Refusal& /*refusal*/, Priority /*priority*/) {}
};

/// What the scheduler stands on. What is not given it makes itself.
struct SchedulerEnvironment {
  std::shared_ptr<Clock> clock = nullptr;
  /// Needs SchedulerOptions::workers threads. Must outlive the scheduler's last call.
  std::shared_ptr<TaskRunner> runner = nullptr;
  std::shared_ptr<SchedulerObserver> observer = nullptr;
};

/// A moment's counts. accepted == answered + failed + expired + cancelled + dropped + queued +
/// running + being answered; requests that share a computation count as themselves everywhere.
struct SchedulerStats {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;     // the batch function failed for them alone
  std::uint64_t expired = 0;    // by their deadline
  std::uint64_t cancelled = 0;  // by their ticket
  std::uint64_t dropped = 0;    // by a drain that ran out of time, or the destructor
  std::uint64_t shared = 0;     // answered by the computation of an identical request
  std::uint64_t batches = 0;
  std::uint64_t batch_tokens = 0;

  std::int32_t queued_requests = 0;
  std::int64_t queued_tokens = 0;
  std::int32_t running_batches = 0;
  std::uint64_t unanswered = 0;  // accepted, and Done has not returned
  std::chrono::nanoseconds oldest_wait{0};
  /// What one token more in each class would wait, by the fitted cost.
  std::chrono::nanoseconds predicted_wait[kPriorities]{};
  /// The fitted cost of a batch: overhead + tokens x per_token.
  std::chrono::duration<double, std::nano> batch_overhead{0};
  std::chrono::duration<double, std::nano> per_token{0};
};

}  // namespace martlet
