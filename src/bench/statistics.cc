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
  if (values.size() >= kValuesForP99) summary.p99 = quantile(values, 0.99);
  return summary;
}

}  // namespace martlet
