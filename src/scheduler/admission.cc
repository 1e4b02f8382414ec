#include "scheduler/admission.h"

#include <algorithm>
#include <numeric>

namespace martlet {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kKeptPart = 8;  // the part of the queue that is kept for each class
constexpr nanoseconds kShortestRetry = std::chrono::milliseconds(1);
// For a scheduler that is full before it has run anything.
constexpr nanoseconds kUnknownRetry = std::chrono::seconds(1);

using Amounts = std::int64_t[kPriorities];

std::int64_t sum(const Amounts& amounts) {
  return std::accumulate(std::begin(amounts), std::end(amounts), std::int64_t{0});
}

/// How much of `limit` one class may hold, given what the others hold.
std::int64_t room(std::int64_t limit, const Amounts& held, Priority priority) {
  std::int64_t left = limit;
  for (std::size_t c = 0; c < kPriorities; ++c) {
    if (c != static_cast<std::size_t>(priority)) left -= std::max(held[c], limit / kKeptPart);
  }
  return left;
}

nanoseconds rounded(CostModel::Nanoseconds time) {
  constexpr double kLongest = 3600e9;
  return nanoseconds(static_cast<std::int64_t>(std::clamp(time.count(), 0.0, kLongest)));
}

std::int64_t milliseconds(nanoseconds time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

}  // namespace

nanoseconds Admission::compute_time(double requests, double tokens, const CostModel& model) const {
  const double batches =
      std::max(tokens / options_.max_batch_tokens, requests / options_.max_batch_requests);
  return rounded(model.cost(batches, tokens) / options_.workers);
}

nanoseconds Admission::predict_wait(Priority priority, const Load& load, const CostModel& model)
    const {
  const auto own = static_cast<std::size_t>(priority);
  double ahead = 0;
  for (std::size_t c = 0; c <= own; ++c) ahead += static_cast<double>(load.queued_tokens[c]);
  // Less urgent classes get their shares meanwhile, as long as they have something.
  double between = 0;
  for (std::size_t c = own + 1; c < kPriorities; ++c) {
    const double share = static_cast<double>(options_.shares[c]) / options_.shares[own];
    between += std::min(static_cast<double>(load.queued_tokens[c]), ahead * share);
  }
  const auto all = static_cast<double>(sum(load.queued_tokens));
  const double tokens = ahead + between;
  const double requests =
      all > 0 ? static_cast<double>(sum(load.queued_requests)) * tokens / all : 0;
  return load.until_free + compute_time(requests, tokens, model);
}

std::optional<Denial> Admission::over_room(const Applicant& applicant, const Load& load) const {
  const auto check = [&](const Amounts& held, std::int64_t more, std::int64_t limit,
                         std::string_view unit) -> std::optional<Denial> {
    constexpr Amounts kNone{};
    const std::int64_t most = room(limit, kNone, applicant.priority);
    if (more > most) return Denial{RefusalReason::kTooLarge, {}, more, most, unit};
    const std::int64_t wanted = held[static_cast<std::size_t>(applicant.priority)] + more;
    const std::int64_t now = room(limit, held, applicant.priority);
    if (more == 0 || wanted <= now) return std::nullopt;
    return Denial{RefusalReason::kQueueFull, {}, wanted, now, unit};
  };
  const std::optional<Denial> requests =
      check(load.queued_requests, applicant.requests, options_.max_queued_requests, "requests");
  if (requests) return requests;
  return check(load.queued_tokens, applicant.tokens, options_.max_queued_tokens, "tokens");
}

std::optional<Denial> Admission::over_time(
    const Applicant& applicant, const Load& load, const CostModel& model, Clock::TimePoint now
) const {
  if (applicant.tokens == 0) return std::nullopt;
  nanoseconds allowed = applicant.deadline - now;
  if (options_.max_queue_time.count() > 0) allowed = std::min(allowed, options_.max_queue_time);
  const nanoseconds wait = predict_wait(applicant.priority, load, model);
  if (wait <= allowed) return std::nullopt;
  return Denial{
      RefusalReason::kTooSlow, wait - allowed / 2, milliseconds(wait), milliseconds(allowed), "ms"
  };
}

nanoseconds Admission::until_room(const Denial& full, const Load& load, const CostModel& model)
    const {
  const auto tokens = static_cast<double>(sum(load.queued_tokens));
  const auto requests = static_cast<double>(sum(load.queued_requests));
  const Amounts& in_the_way = full.unit == "tokens" ? load.queued_tokens : load.queued_requests;
  const auto held = static_cast<double>(sum(in_the_way));
  const double part =
      std::min(1.0, 0.5 + static_cast<double>(full.got - full.limit) / std::max(1.0, held));
  return load.until_free + compute_time(requests * part, tokens * part, model);
}

nanoseconds Admission::spread(nanoseconds earliest, nanoseconds service, Clock::TimePoint now) {
  const nanoseconds horizon =
      options_.max_queue_time.count() > 0 ? options_.max_queue_time : earliest;
  const Clock::TimePoint first = now + earliest;
  promised_ += service;
  if (promised_ < first || promised_ > first + horizon) promised_ = first;
  return promised_ - now;
}

std::optional<Denial> Admission::deny(
    const Applicant& applicant, const Load& load, const CostModel& model, Clock::TimePoint now
) {
  if (applicant.deadline <= now) {
    return Denial{RefusalReason::kExpired, {}, milliseconds(now - applicant.deadline), 0, "ms"};
  }
  std::optional<Denial> denial = over_room(applicant, load);
  if (denial && denial->reason == RefusalReason::kTooLarge) return denial;
  if (denial) {
    denial->retry_after = until_room(*denial, load, model);
  } else {
    denial = over_time(applicant, load, model, now);
  }
  if (!denial) return denial;
  const nanoseconds service = compute_time(
      static_cast<double>(applicant.requests), static_cast<double>(applicant.tokens), model
  );
  denial->retry_after = model.fitted()
                            ? spread(std::max(denial->retry_after, kShortestRetry), service, now)
                            : kUnknownRetry;
  return denial;
}

}  // namespace martlet
