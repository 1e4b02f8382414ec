#include "scheduler/request_queue.h"

#include <algorithm>
#include <bit>

namespace martlet {
namespace {

/// Where a padding engine groups: requests up to this many buckets (one octave) from the seed.
constexpr std::uint32_t kPaddedReach = 4;

/// Four buckets an octave, from 16 tokens on.
std::uint32_t bucket_of(std::int32_t tokens, std::size_t buckets) {
  const auto length = static_cast<std::uint32_t>(tokens);
  if (length < 16) return length / 4;
  const auto octave = static_cast<std::uint32_t>(std::bit_width(length)) - 1;
  const std::uint32_t quarter = (length >> (octave - 2)) & 3;
  return std::min(static_cast<std::uint32_t>(buckets) - 1, 4 * (octave - 3) + quarter);
}

std::size_t class_of(const SchedulerRequest& request) {
  return static_cast<std::size_t>(request.trace.priority);
}

}  // namespace

RequestQueue::RequestQueue(const SchedulerOptions& options)
    : options_(options), turns_(options.shares, options.max_batch_tokens) {}

void RequestQueue::push(SchedulerRequest* request) {
  Class& to = classes_[class_of(*request)];
  request->order = next_order_++;
  request->bucket = bucket_of(request->trace.tokens, kBuckets);
  to.by_arrival.push_back(request);
  to.by_length[request->bucket].push_back(request);
  ++to.requests;
  to.tokens += request->trace.tokens;
}

void RequestQueue::remove(SchedulerRequest* request) {
  Class& from = classes_[class_of(*request)];
  from.by_arrival.remove(request);
  from.by_length[request->bucket].remove(request);
  --from.requests;
  from.tokens -= request->trace.tokens;
}

void RequestQueue::replace(SchedulerRequest* request, SchedulerRequest* substitute) {
  Class& in = classes_[class_of(*request)];
  substitute->order = request->order;
  substitute->bucket = request->bucket;
  in.by_arrival.replace(request, substitute);
  in.by_length[request->bucket].replace(request, substitute);
  in.tokens += substitute->trace.tokens - request->trace.tokens;
}

bool RequestQueue::fits(const Batch& batch, const SchedulerRequest& request) const noexcept {
  const auto requests = static_cast<std::int64_t>(batch.requests.size()) + 1;
  if (requests > options_.max_batch_requests) return false;
  const std::int32_t longest = std::max(batch.longest, request.trace.tokens);
  const std::int64_t cost =
      options_.padded ? longest * requests : batch.tokens + request.trace.tokens;
  return cost <= batch.budget;
}

void RequestQueue::move(SchedulerRequest* request, Batch& batch) {
  remove(request);
  Class& from = classes_[class_of(*request)];
  from.newest = std::max(from.newest, request->order);
  batch.requests.push_back(request);
  batch.tokens += request->trace.tokens;
  batch.longest = std::max(batch.longest, request->trace.tokens);
  turns_.charge(class_of(*request), request->trace.tokens);
}

void RequestQueue::fill_from_bucket(
    Class& from, std::size_t bucket, std::int64_t token_limit, Batch& batch
) {
  auto& list = from.by_length[bucket];
  while (!list.empty() && fits(batch, *list.front()) &&
         batch.tokens + list.front()->trace.tokens <= token_limit) {
    move(list.front(), batch);
  }
}

void RequestQueue::fill(
    Class& from, std::uint32_t near_bucket, std::int64_t token_limit, Batch& batch
) {
  while (!from.by_arrival.empty() && from.by_arrival.front()->order < from.overdue) {
    SchedulerRequest* const request = from.by_arrival.front();
    if (!fits(batch, *request) || batch.tokens + request->trace.tokens > token_limit) break;
    move(request, batch);
  }
  const std::uint32_t reach = options_.padded ? kPaddedReach : kBuckets;
  for (std::uint32_t distance = 0; distance <= reach && from.requests > 0; ++distance) {
    if (near_bucket >= distance) fill_from_bucket(from, near_bucket - distance, token_limit, batch);
    if (distance > 0 && near_bucket + distance < kBuckets)
      fill_from_bucket(from, near_bucket + distance, token_limit, batch);
  }
}

void RequestQueue::mark_passed_over(Class& from, Clock::TimePoint now) {
  while (!from.marks.empty() && now - from.marks.front().time >= options_.aging) {
    from.overdue = from.marks.front().order;
    from.marks.pop_front();
  }
}

void RequestQueue::take(
    Clock::TimePoint now, const BatchSize& size, std::vector<SchedulerRequest*>& requests
) {
  std::array<bool, kPriorities> waiting{};
  for (std::size_t c = 0; c < kPriorities; ++c) {
    waiting[c] = classes_[c].requests > 0;
    mark_passed_over(classes_[c], now);
  }
  const std::size_t turn = turns_.next(waiting);

  const std::int64_t budget = std::min<std::int64_t>(size.tokens, options_.max_batch_tokens);
  Batch batch{requests, budget};
  move(classes_[turn].by_arrival.front(), batch);
  const std::uint32_t bucket = requests.front()->bucket;
  fill(classes_[turn], bucket, budget, batch);
  for (std::size_t c = 0; c < turn; ++c) fill(classes_[c], bucket, budget, batch);
  const std::int64_t spare = std::min(budget, batch.tokens + size.spare);
  for (std::size_t c = turn + 1; c < kPriorities; ++c) fill(classes_[c], bucket, spare, batch);

  for (Class& each : classes_) {
    if (each.requests > 0 && (each.marks.empty() || each.marks.back().order < each.newest))
      each.marks.push_back({now, each.newest});
  }
}

bool RequestQueue::fills_a_batch() const noexcept {
  return tokens() >= options_.max_batch_tokens || requests() >= options_.max_batch_requests;
}

std::int32_t RequestQueue::requests() const noexcept {
  std::int32_t sum = 0;
  for (const Class& each : classes_) sum += each.requests;
  return sum;
}

std::int64_t RequestQueue::tokens() const noexcept {
  std::int64_t sum = 0;
  for (const Class& each : classes_) sum += each.tokens;
  return sum;
}

Clock::TimePoint RequestQueue::oldest_arrival() const noexcept {
  auto oldest = Clock::TimePoint::max();
  for (const Class& each : classes_) {
    if (!each.by_arrival.empty()) oldest = std::min(oldest, each.by_arrival.front()->trace.arrival);
  }
  return oldest;
}

SchedulerRequest* RequestQueue::front() const noexcept {
  for (const Class& each : classes_) {
    if (!each.by_arrival.empty()) return each.by_arrival.front();
  }
  return nullptr;
}

}  // namespace martlet
