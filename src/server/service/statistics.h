// What a model has done since it was loaded: the numbers behind /metrics and the statistics routes.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "martlet/scheduling.h"
#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

/// Counts of values at most each bound, as Prometheus counts them. Not thread-safe.
class Histogram {
 public:
  /// `bounds` ascend and outlive the histogram.
  explicit Histogram(std::span<const double> bounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}

  void add(double value);

  [[nodiscard]] std::span<const double> bounds() const noexcept { return bounds_; }
  /// [bounds + 1]: how many values fell between a bound and the one before; last: above all.
  [[nodiscard]] std::span<const uint64_t> counts() const noexcept { return counts_; }
  [[nodiscard]] uint64_t count() const noexcept { return count_; }
  [[nodiscard]] double sum() const noexcept { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  double sum_ = 0;
};

/// From 50 us to 60 s.
std::span<const double> seconds_bounds() noexcept;
/// Powers of two, 1 to 65,536.
std::span<const double> size_bounds() noexcept;

/// How often, and for how long in total.
struct Tally {
  uint64_t count = 0;
  std::chrono::nanoseconds total{0};

  void add(std::chrono::nanoseconds time) {
    ++count;
    total += time;
  }
};

struct ModelStatistics {
  Tally success;
  Tally failure;
  Tally tokenize;
  Tally queue;
  Tally run;
  uint64_t texts = 0;            // in successful requests
  uint64_t tokens = 0;           // in successful requests, after truncation
  uint64_t truncated_texts = 0;  // in successful requests
  uint64_t batches = 0;
  uint64_t batch_calls = 0;  // of the encoder: more than batches when failures were bisected
  uint64_t batch_tokens_total = 0;
  uint64_t padded_tokens = 0;  // what an engine that pads would have computed for the same batches
  std::chrono::nanoseconds predicted_run{0};  // of all batches
  std::chrono::nanoseconds actual_run{0};
  int64_t last_inference_ms = 0;             // since the Unix epoch; 0: never
  std::map<int32_t, Tally> batch_sizes;      // texts of a batch -> runs
  std::map<std::string, uint64_t> failures;  // by code, e.g. "resource_exhausted"
  std::map<std::string, uint64_t> releases;  // batches by why they were released

  Histogram request_seconds{seconds_bounds()};
  Histogram tokenize_seconds{seconds_bounds()};
  Histogram queue_seconds{seconds_bounds()};
  Histogram run_seconds{seconds_bounds()};
  Histogram oldest_wait_seconds{seconds_bounds()};  // of the request that waited longest, per batch
  Histogram batch_texts{size_bounds()};
  Histogram batch_tokens{size_bounds()};

  /// Requests that are tokenized or queued now, and the tokens that are queued.
  int64_t pending_requests = 0;
  int64_t queued_texts = 0;
  int64_t queued_tokens = 0;
  std::chrono::nanoseconds predicted_wait{0};  // of one more request of normal priority
};

/// Collects ModelStatistics from many threads; told of batches by the scheduler.
class StatisticsRecorder final : public SchedulerObserver {
 public:
  void started();
  /// `took` is the whole request, from submit to answer.
  void succeeded(const RequestFacts& facts, std::size_t texts, std::chrono::nanoseconds took);
  void failed(StatusCode code, std::chrono::nanoseconds took);
  void on_batch(const BatchTrace& batch) override;

  /// `now`: of the model's scheduler, whose queue is part of the picture.
  [[nodiscard]] ModelStatistics snapshot(const SchedulerStats& now) const;

 private:
  mutable std::mutex mutex_;
  ModelStatistics statistics_;
};

}  // namespace martlet
