// Who may wait: limits in requests and tokens, and the time the fitted cost predicts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "martlet/scheduling.h"
#include "scheduler/cost_model.h"

namespace martlet {

/// What the scheduler holds at a moment.
struct Load {
  std::int32_t queued_requests = 0;
  std::int64_t queued_tokens[kPriorities] = {};
  std::chrono::nanoseconds until_free{0};  // until a worker takes the next batch
};

/// One submit: a request, or many that come together.
struct Applicant {
  Priority priority = Priority::kNormal;
  std::int32_t requests = 1;
  std::int64_t tokens = 0;
  Clock::TimePoint deadline = Clock::TimePoint::max();
  bool adds_work = true;  // false: follows an identical request
};

class Admission {
 public:
  explicit Admission(const SchedulerOptions& options) : options_(options) {}

  /// Why the applicant is refused, if it is.
  std::optional<Refusal> refuse(
      const Applicant& applicant, const Load& load, const CostModel& model, Clock::TimePoint now
  );

  /// How long one that comes now waits until its batch begins.
  [[nodiscard]] std::chrono::nanoseconds predict_wait(
      Priority priority, const Load& load, const CostModel& model
  ) const;

 private:
  [[nodiscard]] double room(Priority priority) const noexcept;
  [[nodiscard]] std::chrono::nanoseconds drain_time(
      double requests, double tokens, const CostModel& model
  ) const;
  std::chrono::nanoseconds spread(
      std::chrono::nanoseconds earliest, std::chrono::nanoseconds service, Clock::TimePoint now
  );

  SchedulerOptions options_;
  Clock::TimePoint promised_{};  // the time given to the one refused last
};

}  // namespace martlet
