#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace martlet {
namespace {

constexpr std::size_t kValuesForP99 = 100;

}  // namespace

double quantile(std::span<const double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return quantile(values, 0.5);
}

Summary summarize(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  Summary summary{
      .n = values.size(),
      .min = values.front(),
      .p10 = quantile(values, 0.1),
      .p50 = quantile(values, 0.5),
      .p90 = quantile(values, 0.9),
      .sum = std::accumulate(values.begin(), values.end(), 0.0),
  };
  summary.mean = summary.sum / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  if (values.size() > 1) summary.sd = std::sqrt(squares / static_cast<double>(values.size() - 1));
  if (values.size() >= kValuesForP99) summary.p99 = quantile(values, 0.99);
  return summary;
}

ValueHistogram make_histogram(std::vector<double> values, std::size_t ranges) {
  ValueHistogram histogram{
      .from = 0, .width = 0, .counts = std::vector<std::size_t>(ranges), .above = 0
  };
  if (values.empty() || ranges == 0) return histogram;
  std::ranges::sort(values);
  histogram.from = values.front();
  histogram.width = (quantile(values, 0.99) - histogram.from) / static_cast<double>(ranges);
  for (const double value : values) {
    const double at = histogram.width > 0 ? (value - histogram.from) / histogram.width : 0;
    const auto range = static_cast<std::size_t>(at);
    // The 99th percentile itself ends the last range.
    if (range > ranges || (range == ranges && at > static_cast<double>(ranges))) {
      ++histogram.above;
    } else {
      ++histogram.counts[std::min(range, ranges - 1)];
    }
  }
  return histogram;
}

}  // namespace martlet
