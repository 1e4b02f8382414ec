// What waits, and which of it goes into the next batch.
//
// A batch is seeded by the oldest request of the class whose turn it is, and filled with requests
// of that class whose lengths are nearest to the seed's. Two rules bound what that does to the
// others: a request that has been passed over for `aging` goes first, and the classes take turns by
// their shares. Room that is left goes to more urgent classes, and to less urgent ones as long as
// it costs the seed's class next to nothing.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "martlet/scheduler_core.h"
#include "scheduler/fair_share.h"
#include "scheduler/request_list.h"

namespace martlet {

class RequestQueue {
 public:
  explicit RequestQueue(const SchedulerOptions& options);

  /// The order of pushes is the order of arrival.
  void push(SchedulerRequest* request);
  void remove(SchedulerRequest* request);
  /// `substitute`, of the same class, takes the place of `request`.
  void replace(SchedulerRequest* request, SchedulerRequest* substitute);

  struct BatchSize {
    std::int64_t tokens = 0;  // at most, and at most SchedulerOptions::max_batch_tokens
    std::int64_t spare = 0;   // of them so many for requests of less urgent classes
  };

  /// Moves the next batch into `batch`, which is empty; the queue must not be. A request that is
  /// longer than `size` is a batch of its own.
  void take(Clock::TimePoint now, const BatchSize& size, std::vector<SchedulerRequest*>& batch);

  [[nodiscard]] bool empty() const noexcept { return requests() == 0; }
  /// Whether one batch could not hold all.
  [[nodiscard]] bool fills_a_batch() const noexcept;
  [[nodiscard]] std::int32_t requests() const noexcept;
  [[nodiscard]] std::int64_t tokens() const noexcept;
  [[nodiscard]] std::int32_t requests(std::size_t priority) const noexcept {
    return classes_[priority].requests;
  }
  [[nodiscard]] std::int64_t tokens(std::size_t priority) const noexcept {
    return classes_[priority].tokens;
  }
  /// Of the request that waits longest; TimePoint::max() where none waits.
  [[nodiscard]] Clock::TimePoint oldest_arrival() const noexcept;
  /// Any request; null where none waits.
  [[nodiscard]] SchedulerRequest* front() const noexcept;

 private:
  static constexpr std::size_t kBuckets = 64;

  struct Class {
    RequestList<&SchedulerRequest::by_arrival> by_arrival;
    std::array<RequestList<&SchedulerRequest::by_length>, kBuckets> by_length;
    std::int32_t requests = 0;
    std::int64_t tokens = 0;

    /// The newest request that had been released at a time: whatever is older and still waits has
    /// been passed over since then.
    struct Mark {
      Clock::TimePoint time;
      std::uint64_t order;
    };
    std::deque<Mark> marks;
    std::uint64_t newest = 0;   // order of the newest request released
    std::uint64_t overdue = 0;  // requests before this one have been passed over for `aging`
  };

  /// The batch in the making.
  struct Batch {
    std::vector<SchedulerRequest*>& requests;
    std::int64_t budget = 0;
    std::int64_t tokens = 0;
    std::int32_t longest = 0;
  };

  [[nodiscard]] bool fits(const Batch& batch, const SchedulerRequest& request) const noexcept;
  void move(SchedulerRequest* request, Batch& batch);
  void fill(Class& from, std::uint32_t near_bucket, std::int64_t token_limit, Batch& batch);
  void fill_from_bucket(Class& from, std::size_t bucket, std::int64_t token_limit, Batch& batch);
  void mark_passed_over(Class& from, Clock::TimePoint now);

  SchedulerOptions options_;
  std::array<Class, kPriorities> classes_;
  FairShare turns_;
  std::uint64_t next_order_ = 1;
};

}  // namespace martlet
