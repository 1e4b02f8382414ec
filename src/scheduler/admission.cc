#include "scheduler/admission.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace martlet {
namespace {

using std::chrono::nanoseconds;

// The parts of the queue that normal and bulk requests may fill: interactive ones find room.
constexpr double kRoom[kPriorities] = {1.0, 7.0 / 8, 3.0 / 4};
constexpr nanoseconds kShortestRetry = std::chrono::milliseconds(1);
// For a scheduler that is refused at before it has run anything.
constexpr nanoseconds kUnknownRetry = std::chrono::seconds(1);

nanoseconds rounded(CostModel::Nanoseconds time) {
  constexpr double kLongest = 3600e9;
  return nanoseconds(static_cast<std::int64_t>(std::clamp(time.count(), 0.0, kLongest)));
}

}  // namespace

double Admission::room(Priority priority) const noexcept {
  return kRoom[static_cast<std::size_t>(priority)];
}

nanoseconds Admission::drain_time(double requests, double tokens, const CostModel& model) const {
  const double batches =
      std::max(tokens / options_.max_batch_tokens, requests / options_.max_batch_requests);
  return rounded(model.cost(batches, static_cast<std::int64_t>(tokens)) / options_.workers);
}

nanoseconds Admission::predict_wait(Priority priority, const Load& load, const CostModel& model)
    const {
  const auto own = static_cast<std::size_t>(priority);
  double ahead = 0;
  for (std::size_t c = 0; c <= own; ++c) ahead += static_cast<double>(load.queued_tokens[c]);
  // Less urgent classes get their share meanwhile, as long as they have something.
  double behind = 0;
  for (std::size_t c = own + 1; c < kPriorities; ++c) {
    const double share = static_cast<double>(options_.shares[c]) / options_.shares[own];
    behind += std::min(static_cast<double>(load.queued_tokens[c]), ahead * share);
  }
  double queued = 0;
  for (const std::int64_t tokens : load.queued_tokens) queued += static_cast<double>(tokens);
  const double requests = queued > 0 ? load.queued_requests * (ahead + behind) / queued : 0;
  return load.until_free + drain_time(requests, ahead + behind, model);
}

nanoseconds Admission::spread(nanoseconds earliest, nanoseconds service, Clock::TimePoint now) {
  // Those refused come back one after the other, over the time that a full queue takes, instead of
  // all at once.
  const nanoseconds horizon =
      options_.max_queue_time.count() > 0 ? options_.max_queue_time : earliest;
  const Clock::TimePoint first = now + earliest;
  promised_ += service;
  if (promised_ < first || promised_ > first + horizon) promised_ = first;
  return promised_ - now;
}

std::optional<Refusal> Admission::refuse(
    const Applicant& applicant, const Load& load, const CostModel& model, Clock::TimePoint now
) {
  const auto refusal = [](RefusalReason reason, Status status, nanoseconds retry = {}) {
    return Refusal{reason, std::move(status), retry};
  };
  if (applicant.deadline <= now) {
    return refusal(
        RefusalReason::kExpired,
        error(StatusCode::kDeadlineExceeded, "scheduler", "the deadline was over on arrival")
    );
  }
  const double room_requests = options_.max_queued_requests * room(applicant.priority);
  const double room_tokens =
      static_cast<double>(options_.max_queued_tokens) * room(applicant.priority);
  const std::int64_t new_tokens = applicant.adds_work ? applicant.tokens : 0;
  if (applicant.requests > room_requests || static_cast<double>(new_tokens) > room_tokens) {
    return refusal(
        RefusalReason::kTooLarge,
        error(
            StatusCode::kResourceExhausted, "scheduler",
            "more than the queue ever holds, got {} requests of {} tokens, expected at most {:.0f} "
            "of {:.0f}",
            applicant.requests, new_tokens, std::floor(room_requests), std::floor(room_tokens)
        )
    );
  }

  std::int64_t queued_tokens = 0;
  for (const std::int64_t tokens : load.queued_tokens) queued_tokens += tokens;
  const double more_requests = load.queued_requests + applicant.requests - room_requests;
  const double more_tokens = static_cast<double>(queued_tokens + new_tokens) - room_tokens;
  const nanoseconds service =
      drain_time(applicant.requests, static_cast<double>(new_tokens), model);
  const auto retry = [&](nanoseconds earliest) {
    if (!model.fitted()) return kUnknownRetry;
    return spread(std::max(earliest, kShortestRetry), service, now);
  };
  if (more_requests > 0 || (new_tokens > 0 && more_tokens > 0)) {
    // The tokens to go until as many requests are gone, and the other way around.
    const double mean =
        load.queued_requests > 0 ? static_cast<double>(queued_tokens) / load.queued_requests : 1;
    const double tokens = std::max({more_tokens, more_requests * mean, 0.0});
    const nanoseconds earliest =
        load.until_free + drain_time(tokens / std::max(mean, 1.0), tokens, model);
    return refusal(
        RefusalReason::kQueueFull,
        error(
            StatusCode::kResourceExhausted, "scheduler",
            "the queue is full, got {} requests of {} tokens waiting", load.queued_requests,
            queued_tokens
        ),
        retry(earliest)
    );
  }
  if (!applicant.adds_work) return std::nullopt;

  const nanoseconds wait = predict_wait(applicant.priority, load, model);
  nanoseconds allowed = applicant.deadline - now;
  if (options_.max_queue_time.count() > 0) allowed = std::min(allowed, options_.max_queue_time);
  if (wait <= allowed) return std::nullopt;
  return refusal(
      RefusalReason::kTooSlow,
      error(
          StatusCode::kResourceExhausted, "scheduler",
          "the wait would be too long, got {} ms, expected at most {} ms",
          std::chrono::ceil<std::chrono::milliseconds>(wait).count(),
          std::chrono::floor<std::chrono::milliseconds>(allowed).count()
      ),
      retry(wait - allowed)
  );
}

}  // namespace martlet
