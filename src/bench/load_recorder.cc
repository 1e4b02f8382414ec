#include "bench/load_recorder.h"

#include <algorithm>

#include "bench/statistics.h"

namespace martlet {
namespace {

double in_milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

LatencySummary summarize_latencies(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {
      .p50 = quantile(values, 0.5),
      .p90 = quantile(values, 0.9),
      .p99 = quantile(values, 0.99),
      .p999 = quantile(values, 0.999),
      .max = values.back()
  };
}

void LoadRecorder::answer(const LoadAnswer& answer) {
  const bool ok = answer.status >= 200 && answer.status < 300;
  const bool refused = answer.status == 429 || answer.status == 503;
  if (ok || refused) {
    Group& group = ok ? ok_ : refused_;
    group.answered += counts(answer.answered) ? 1 : 0;
    if (counts(answer.due)) {
      group.latency.push_back(in_milliseconds(answer.answered - answer.due));
      group.from_sent.push_back(in_milliseconds(answer.answered - answer.sent));
    }
  }
  if (!counts(answer.due)) return;
  late_.push_back(in_milliseconds(answer.sent - answer.due));
  ++totals_.status[answer.status];
  if (refused && answer.retry_after > 0) {
    double& least = totals_.retry_after_min;
    least = least == 0 ? answer.retry_after : std::min(least, answer.retry_after);
    totals_.retry_after_max = std::max(totals_.retry_after_max, answer.retry_after);
  }
}

void LoadRecorder::error(TimePoint due, const std::string& what) {
  if (counts(due)) ++totals_.errors[what];
}

AnswerSummary LoadRecorder::summarize(const Group& group) const {
  const double seconds = std::chrono::duration<double>(end_ - begin_).count();
  return {
      .requests = group.latency.size(),
      .per_s = static_cast<double>(group.answered) / seconds,
      .latency = summarize_latencies(group.latency),
      .from_sent = summarize_latencies(group.from_sent),
  };
}

LoadReport LoadRecorder::report() const {
  LoadReport report = totals_;
  report.seconds = std::chrono::duration<double>(end_ - begin_).count();
  report.late = summarize_latencies(late_);
  report.ok = summarize(ok_);
  report.refused = summarize(refused_);
  return report;
}

}  // namespace martlet
