#include "scheduler/refusal.h"

#include "core/error.h"

namespace martlet {
namespace {

Status in_words(const Denial& denial) {
  const auto says = [&](StatusCode code, std::string_view what, std::string_view bound) {
    return error(
        code, "scheduler", "{}, got {} {}, expected at {} {}", what, denial.got, denial.unit, bound,
        denial.limit
    );
  };
  switch (denial.reason) {
    case RefusalReason::kQueueFull:
      return says(StatusCode::kResourceExhausted, "the queue is full", "most");
    case RefusalReason::kTooSlow:
      return says(StatusCode::kResourceExhausted, "the wait would be too long", "most");
    case RefusalReason::kTooLarge:
      return says(StatusCode::kResourceExhausted, "more than the queue ever holds", "most");
    case RefusalReason::kInvalid:
      return says(StatusCode::kInvalidArgument, "too small to compute", "least");
    case RefusalReason::kExpired:
      return error(
          StatusCode::kDeadlineExceeded, "scheduler", "the deadline was over on arrival, by {} {}",
          denial.got, denial.unit
      );
    case RefusalReason::kStopped:
      break;
  }
  return error(StatusCode::kUnavailable, "scheduler", "the scheduler has stopped");
}

}  // namespace

Refusal explain(const Denial& denial) {
  return {denial.reason, in_words(denial), denial.retry_after};
}

}  // namespace martlet
