// What became of the requests of a load: counts, rates and latencies.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace martlet {

/// In milliseconds; zero where there are no values.
struct LatencySummary {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

LatencySummary summarize_latencies(std::vector<double> milliseconds);

/// Answers of one kind.
struct AnswerSummary {
  std::uint64_t requests = 0;
  double per_s = 0;
  LatencySummary latency;    // from the time the request was due: what a user waits
  LatencySummary from_sent;  // from the time it was sent: what the server is answerable for
};

struct LoadReport {
  double seconds = 0;
  double cpu_seconds = 0;  // that this process burned meanwhile
  LatencySummary late;     // from due to sent: the generator's doing, or no connection was free
  AnswerSummary ok;        // 2xx
  AnswerSummary refused;   // 429 and 503
  std::map<int, std::uint64_t> status;
  std::map<std::string, std::uint64_t> errors;
  double retry_after_min = 0;  // of the refusals' Retry-After, in seconds
  double retry_after_max = 0;
};

/// One answered request.
struct LoadAnswer {
  using TimePoint = std::chrono::steady_clock::time_point;
  TimePoint due;
  TimePoint sent;
  TimePoint answered;
  int status = 0;
  double retry_after = 0;  // seconds; 0: the answer does not say
};

/// Books what happens between `begin` and `end`, and nothing before or after.
class LoadRecorder {
 public:
  using TimePoint = LoadAnswer::TimePoint;
  LoadRecorder(TimePoint begin, TimePoint end) : begin_(begin), end_(end) {}

  void answer(const LoadAnswer& answer);
  /// A request that was due at `due` got no answer.
  void error(TimePoint due, const std::string& what);

  [[nodiscard]] LoadReport report() const;

 private:
  struct Group {
    std::uint64_t answered = 0;  // within the time, whenever they were due
    std::vector<double> latency;
    std::vector<double> from_sent;
  };

  [[nodiscard]] bool counts(TimePoint time) const { return begin_ <= time && time < end_; }
  [[nodiscard]] AnswerSummary summarize(const Group& group) const;

  TimePoint begin_;
  TimePoint end_;
  Group ok_;
  Group refused_;
  std::vector<double> late_;
  LoadReport totals_;
};

}  // namespace martlet
