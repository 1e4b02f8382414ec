#include "scheduler/scheduler_state.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

using std::chrono::nanoseconds;
using State = SchedulerRequest::State;

// Tokens; enough for requests of similar lengths to find each other, however cheap beginning is.
constexpr std::int64_t kLargeBatch = 1024;

}  // namespace

SchedulerState::SchedulerState(const SchedulerOptions& options)
    : options_(options), queue_(options), admission_(options), hold_(options) {}

std::optional<Denial> SchedulerState::deny(
    std::span<SchedulerRequest* const> requests, const Load& load, Clock::TimePoint now
) {
  if (stopping_) return Denial{.reason = RefusalReason::kStopped};
  const SchedulerRequest& first = *requests.front();
  Applicant applicant{
      .priority = first.trace.priority,
      .requests = static_cast<std::int64_t>(requests.size()),
      .deadline = first.options.deadline,
  };
  for (const SchedulerRequest* request : requests) {
    const std::int32_t tokens = request->trace.tokens;
    if (tokens < 1) return Denial{RefusalReason::kInvalid, {}, tokens, 1, "tokens"};
    applicant.tokens += tokens;
  }
  if (coalescer_.leader(first.options.key) != nullptr) applicant.tokens = 0;
  return admission_.deny(applicant, load, model_, now);
}

std::optional<Denial> SchedulerState::would_deny(
    const SubmitOptions& options, std::int32_t tokens, std::int64_t ahead, Clock::TimePoint now
) {
  SchedulerRequest request;
  request.options = options;
  request.trace.priority = options.priority;
  request.trace.tokens = tokens;
  SchedulerRequest* const one = &request;
  Load expected = load(now);
  const std::int64_t usual = queue_.empty() ? tokens : queue_.tokens() / queue_.requests();
  const auto own = static_cast<std::size_t>(options.priority);
  expected.queued_requests[own] += ahead;
  expected.queued_tokens[own] += ahead * usual;
  return deny({&one, 1}, expected, now);
}

std::optional<Denial> SchedulerState::submit(
    std::span<SchedulerRequest* const> requests, std::span<Ticket> tickets, Clock::TimePoint now
) {
  if (!options_.coalesce) {
    for (SchedulerRequest* request : requests) request->options.key.clear();
  }
  if (std::optional<Denial> denial = deny(requests, load(now), now)) return denial;
  const nanoseconds wait =
      admission_.predict_wait(requests.front()->trace.priority, load(now), model_);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    tickets[i] = tickets_.add(requests[i]);
    accept(requests[i], now, wait);
  }
  hold_.arrived(now);
  return std::nullopt;
}

void SchedulerState::accept(SchedulerRequest* request, Clock::TimePoint now, nanoseconds wait) {
  request->trace.arrival = now;
  request->trace.predicted_wait = wait;
  SchedulerRequest* const leader = coalescer_.leader(request->options.key);
  const bool running = leader != nullptr && leader->state == State::kRunning;
  if (!running && request->options.deadline != Clock::TimePoint::max()) {
    request->timer = timers_.emplace(request->options.deadline, request);
    request->timed = true;
  }
  if (leader == nullptr) {
    coalescer_.lead(request);
    enqueue(request);
  } else if (!running && request->trace.priority < leader->trace.priority) {
    // The more urgent one takes the computation to its own class.
    queue_.remove(leader);
    leader->state = State::kFollowing;
    coalescer_.lead(request);
    enqueue(request);
    ++following(*leader);
  } else {
    request->state = State::kFollowing;
    coalescer_.follow(request);
    if (!running) ++following(*request);
  }
}

void SchedulerState::enqueue(SchedulerRequest* request) {
  request->state = State::kQueued;
  queue_.push(request);
}

bool SchedulerState::cancel(const Ticket& ticket, Clock::TimePoint now) {
  SchedulerRequest* const request = tickets_.find(ticket);
  if (request == nullptr) return false;
  if (request->state == State::kRunning) {
    request->cancelled = true;
  } else {
    withdraw(request, error(StatusCode::kCancelled, "scheduler", "the request was cancelled"), now);
  }
  return true;
}

void SchedulerState::withdraw(SchedulerRequest* request, Status outcome, Clock::TimePoint now) {
  if (request->state == State::kFollowing) {
    SchedulerRequest* const leader = coalescer_.leader(request->options.key);
    coalescer_.leave(request);
    if (leader->state != State::kRunning) --following(*request);
  } else if (SchedulerRequest* const heir = coalescer_.hand_over(request)) {
    --following(*heir);
    heir->state = State::kQueued;
    if (heir->trace.priority == request->trace.priority) {
      queue_.replace(request, heir);
    } else {
      queue_.remove(request);
      queue_.push(heir);
    }
  } else {
    queue_.remove(request);
  }
  request->trace.queue_time = now - request->trace.arrival;
  request->outcome = std::move(outcome);
  retire(request);
  withdrawn_.push_back(request);
}

void SchedulerState::retire(SchedulerRequest* request) {
  stop_timer(request);
  tickets_.remove(*request);
  request->state = State::kDone;
}

void SchedulerState::stop_timer(SchedulerRequest* request) {
  if (request->timed) timers_.erase(request->timer);
  request->timed = false;
}

void SchedulerState::expire(Clock::TimePoint now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    withdraw(
        timers_.begin()->second,
        error(
            StatusCode::kDeadlineExceeded, "scheduler", "the deadline passed before a batch began"
        ),
        now
    );
  }
}

std::uint64_t SchedulerState::drop_waiting(Clock::TimePoint now) {
  std::uint64_t dropped = 0;
  while (SchedulerRequest* const request = queue_.front()) {
    withdraw(
        request,
        error(StatusCode::kUnavailable, "scheduler", "the scheduler stopped before a batch began"),
        now
    );
    ++dropped;
  }
  return dropped;
}

Clock::TimePoint SchedulerState::held_until(Clock::TimePoint now) const {
  if (stopping_ || queue_.fills_a_batch()) return now;
  Clock::TimePoint until =
      hold_.until(queue_.requests(), queue_.oldest_arrival(), model_.overhead(), now);
  // No request is held past the time at which its batch can still begin.
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first - options_.max_wait);
  return until;
}

ReleaseReason SchedulerState::why_now(Clock::TimePoint now) const {
  if (queue_.fills_a_batch()) return ReleaseReason::kFull;
  if (stopping_) return ReleaseReason::kDrain;
  if (options_.max_wait.count() == 0) return ReleaseReason::kIdle;
  if (now - queue_.oldest_arrival() >= options_.max_wait) return ReleaseReason::kMaxWait;
  if (!timers_.empty() && timers_.begin()->first - options_.max_wait <= now)
    return ReleaseReason::kDeadline;
  return ReleaseReason::kIdle;
}

Clock::TimePoint SchedulerState::work_at(Clock::TimePoint now) const {
  if (!withdrawn_.empty()) return now;
  if (queue_.empty()) return Clock::TimePoint::max();
  return held_until(now);
}

void SchedulerState::take_withdrawn(
    Clock::TimePoint now, std::vector<SchedulerRequest*>& finished
) {
  expire(now);
  finished.insert(finished.end(), withdrawn_.begin(), withdrawn_.end());
  withdrawn_.clear();
}

/// The tokens that cost as much as beginning a batch; 0: not known yet.
std::int64_t SchedulerState::tokens_of_overhead() const {
  const double per_token = model_.per_token().count();
  return per_token > 0 ? static_cast<std::int64_t>(model_.overhead().count() / per_token) : 0;
}

/// What waits is shared between the workers: a batch of all of it would keep each of its requests
/// waiting for the last while another worker has nothing to do. But not in parts so small that
/// beginning them is more than a third of the work. And a batch grows no further than it gains:
/// when beginning it is less than a hundredth of it, more would only keep what comes next waiting.
std::int64_t SchedulerState::share_of_batch(std::int64_t tokens_of_overhead) const {
  const std::int64_t share = (queue_.tokens() + options_.workers - 1) / options_.workers;
  if (tokens_of_overhead == 0) return options_.max_batch_tokens;
  const std::int64_t enough = std::max(kLargeBatch, 100 * tokens_of_overhead);
  return std::clamp<std::int64_t>(
      std::max(std::min(share, enough), 2 * tokens_of_overhead), 1, options_.max_batch_tokens
  );
}

bool SchedulerState::begin(Clock::TimePoint now, RunningBatch& batch) {
  if (queue_.empty() || held_until(now) > now) return false;
  BatchTrace& trace = batch.trace;
  trace = {};
  trace.release = why_now(now);
  trace.oldest_wait = now - queue_.oldest_arrival();
  const std::int64_t spare = tokens_of_overhead();
  queue_.take(now, {.tokens = share_of_batch(spare), .spare = spare}, batch.requests);

  trace.id = ++batches_;
  trace.begin = now;
  trace.requests = static_cast<std::int32_t>(batch.requests.size());
  for (SchedulerRequest* request : batch.requests) {
    request->state = State::kRunning;
    stop_timer(request);
    const Coalescer::Followers followers = coalescer_.followers(*request);
    for (auto* f = followers.front(); f != nullptr; f = Coalescer::Followers::next(f)) {
      stop_timer(f);
      --following(*f);
    }
    trace.tokens += request->trace.tokens;
    trace.longest = std::max(trace.longest, request->trace.tokens);
  }
  trace.predicted_run =
      std::chrono::duration_cast<nanoseconds>(model_.cost(1, static_cast<double>(trace.tokens)));
  trace.queued_requests = queue_.requests();
  trace.queued_tokens = queue_.tokens();
  batch_tokens_ += static_cast<std::uint64_t>(trace.tokens);
  running_.push_back(trace);
  return true;
}

void SchedulerState::end(Clock::TimePoint now, RunningBatch& batch) {
  BatchTrace& trace = batch.trace;
  trace.run_time = now - trace.begin;
  std::erase_if(running_, [&](const BatchTrace& other) { return other.id == trace.id; });
  if (trace.calls == 1) model_.observe(trace.tokens, trace.run_time);

  const auto describe = [&](SchedulerRequest* request) {
    RequestTrace& own = request->trace;
    own.release = trace.release;
    own.queue_time = std::max(nanoseconds(0), trace.begin - own.arrival);
    own.run_time = trace.run_time;
    own.predicted_run = trace.predicted_run;
    own.batch_id = trace.id;
    own.batch_requests = trace.requests;
    own.batch_tokens = trace.tokens;
    retire(request);
  };
  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    Coalescer::Followers followers = coalescer_.dissolve(*batch.requests[i]);
    while (SchedulerRequest* const follower = followers.front()) {
      followers.remove(follower);
      follower->trace.shared = true;
      describe(follower);
      batch.followers.emplace_back(i, follower);
    }
    describe(batch.requests[i]);
  }
}

std::int64_t& SchedulerState::following(const SchedulerRequest& request) {
  return following_[static_cast<std::size_t>(request.trace.priority)];
}

Load SchedulerState::load(Clock::TimePoint now) const {
  Load load;
  for (std::size_t c = 0; c < kPriorities; ++c) {
    load.queued_requests[c] = queue_.requests(c) + following_[c];
    load.queued_tokens[c] = queue_.tokens(c);
  }
  if (running_.size() < static_cast<std::size_t>(options_.workers)) return load;
  load.until_free = nanoseconds::max();
  for (const BatchTrace& batch : running_) {
    const nanoseconds left = std::max(nanoseconds(0), batch.begin + batch.predicted_run - now);
    load.until_free = std::min(load.until_free, left);
  }
  return load;
}

SchedulerStats SchedulerState::stats(Clock::TimePoint now) const {
  SchedulerStats stats;
  stats.batches = batches_;
  stats.batch_tokens = batch_tokens_;
  const Load current = load(now);
  for (const std::int64_t requests : current.queued_requests)
    stats.queued_requests += static_cast<std::int32_t>(requests);
  stats.queued_tokens = queue_.tokens();
  stats.running_batches = static_cast<std::int32_t>(running_.size());
  if (!queue_.empty()) stats.oldest_wait = now - queue_.oldest_arrival();
  for (std::size_t c = 0; c < kPriorities; ++c)
    stats.predicted_wait[c] = admission_.predict_wait(static_cast<Priority>(c), current, model_);
  stats.batch_overhead = model_.overhead();
  stats.per_token = model_.per_token();
  return stats;
}

}  // namespace martlet
