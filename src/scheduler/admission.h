// Who may wait: limits in requests and tokens, and the time the fitted cost predicts.
//
// An eighth of the queue is kept for each class, so that a flood of one leaves the others room. Who
// is refused is told to come back when half of what stands in the way is gone, not at the first
// gap, which somebody else would take; and those refused are sent back one after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "martlet/scheduling.h"
#include "scheduler/cost_model.h"
#include "scheduler/refusal.h"

namespace martlet {

/// What the scheduler holds at a moment.
struct Load {
  std::int64_t queued_requests[kPriorities] = {};  // those that follow an identical one included
  std::int64_t queued_tokens[kPriorities] = {};
  std::chrono::nanoseconds until_free{0};  // until a worker takes the next batch
};

/// One submit: a request, or many that come together.
struct Applicant {
  Priority priority = Priority::kNormal;
  std::int64_t requests = 1;
  std::int64_t tokens = 0;  // to compute: 0 for one that follows an identical request
  Clock::TimePoint deadline = Clock::TimePoint::max();
};

class Admission {
 public:
  explicit Admission(const SchedulerOptions& options) : options_(options) {}

  /// Why the applicant is refused, if it is.
  std::optional<Denial> deny(
      const Applicant& applicant, const Load& load, const CostModel& model, Clock::TimePoint now
  );

  /// How long one that comes now waits until its batch begins.
  [[nodiscard]] std::chrono::nanoseconds predict_wait(
      Priority priority, const Load& load, const CostModel& model
  ) const;

 private:
  [[nodiscard]] std::optional<Denial> over_room(const Applicant& applicant, const Load& load) const;
  [[nodiscard]] std::optional<Denial> over_time(
      const Applicant& applicant, const Load& load, const CostModel& model, Clock::TimePoint now
  ) const;
  [[nodiscard]] std::chrono::nanoseconds until_room(
      const Denial& full, const Load& load, const CostModel& model
  ) const;
  [[nodiscard]] std::chrono::nanoseconds compute_time(
      double requests, double tokens, const CostModel& model
  ) const;
  std::chrono::nanoseconds spread(
      std::chrono::nanoseconds earliest, std::chrono::nanoseconds service, Clock::TimePoint now
  );

  SchedulerOptions options_;
  Clock::TimePoint promised_{};  // the time given to the one refused last
};

}  // namespace martlet
