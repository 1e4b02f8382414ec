// What many measurements of one thing say about it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace martlet {

/// Linear interpolation between the two nearest of `sorted`, which is not empty; `share` in [0, 1].
double quantile(std::span<const double> sorted, double share);

/// 0 for none.
double median(std::vector<double> values);

struct Summary {
  std::size_t n = 0;
  double min = 0;
  double p10 = 0;
  double p50 = 0;
  double p90 = 0;
  std::optional<double> p99{};  // none with fewer than 100 values: it would be a guess
  double mean = 0;
  double sd = 0;  // of the values, not of their mean
  double sum = 0;
};

/// All zero for no values.
Summary summarize(std::vector<double> values);

/// How many values lie where: `counts` ranges of one width from the smallest value up to the 99th
/// percentile, and one for what is above it.
struct ValueHistogram {
  double from = 0;
  double width = 0;  // of a range
  std::vector<std::size_t> counts;
  std::size_t above = 0;
};

ValueHistogram make_histogram(std::vector<double> values, std::size_t ranges);

}  // namespace martlet
