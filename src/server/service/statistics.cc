#include "server/service/statistics.h"

#include <algorithm>
#include <array>

namespace martlet {
namespace {

constexpr std::array<double, 19> kSeconds{50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3,
                                          10e-3, 20e-3,  50e-3,  0.1,    0.2,  0.5,  1,
                                          2,     5,      10,     30,     60};
constexpr std::array<double, 17> kSizes{1,   2,    4,    8,    16,   32,    64,    128,  256,
                                        512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

int64_t unix_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch()
  )
      .count();
}

}  // namespace

std::span<const double> seconds_bounds() noexcept { return kSeconds; }
std::span<const double> size_bounds() noexcept { return kSizes; }

void Histogram::add(double value) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  ++count_;
  sum_ += value;
}

void StatisticsRecorder::started() {
  const std::lock_guard lock(mutex_);
  ++statistics_.pending_requests;
}

void StatisticsRecorder::succeeded(
    const RequestFacts& facts, std::size_t texts, std::chrono::nanoseconds took
) {
  const std::lock_guard lock(mutex_);
  --statistics_.pending_requests;
  statistics_.success.add(took);
  statistics_.tokenize.add(facts.tokenize);
  statistics_.queue.add(facts.queue);
  statistics_.run.add(facts.run);
  statistics_.texts += texts;
  statistics_.tokens += static_cast<uint64_t>(facts.tokens);
  statistics_.truncated_texts += static_cast<uint64_t>(facts.truncated);
  statistics_.request_seconds.add(seconds(took));
  statistics_.tokenize_seconds.add(seconds(facts.tokenize));
  statistics_.queue_seconds.add(seconds(facts.queue));
  statistics_.run_seconds.add(seconds(facts.run));
}

void StatisticsRecorder::failed(StatusCode code, std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  --statistics_.pending_requests;
  statistics_.failure.add(took);
  ++statistics_.failures[std::string(to_string(code))];
}

void StatisticsRecorder::on_batch(const BatchTrace& batch) {
  const std::lock_guard lock(mutex_);
  ++statistics_.batches;
  statistics_.batch_calls += static_cast<uint64_t>(batch.calls);
  statistics_.batch_tokens_total += static_cast<uint64_t>(batch.tokens);
  statistics_.padded_tokens +=
      static_cast<uint64_t>(batch.longest) * static_cast<uint64_t>(batch.requests);
  statistics_.predicted_run += batch.predicted_run;
  statistics_.actual_run += batch.run_time;
  statistics_.batch_sizes[batch.requests].add(batch.run_time);
  statistics_.oldest_wait_seconds.add(seconds(batch.oldest_wait));
  statistics_.batch_texts.add(batch.requests);
  statistics_.batch_tokens.add(static_cast<double>(batch.tokens));
  ++statistics_.releases[std::string(to_string(batch.release))];
  statistics_.last_inference_ms = unix_milliseconds();
}

ModelStatistics StatisticsRecorder::snapshot(const SchedulerStats& now) const {
  ModelStatistics statistics;
  {
    const std::lock_guard lock(mutex_);
    statistics = statistics_;
  }
  statistics.queued_texts = now.queued_requests;
  statistics.queued_tokens = now.queued_tokens;
  statistics.predicted_wait = now.predicted_wait[static_cast<std::size_t>(Priority::kNormal)];
  return statistics;
}

}  // namespace martlet
