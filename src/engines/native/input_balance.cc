#include "engines/native/input_balance.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engines/native/share.h"

namespace martlet {
namespace {

float median(std::span<const float> values) {
  std::vector<float> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  return *middle;
}

/// Values below the median count as the median: a channel that a short probe did not wake may be
/// large elsewhere.
float at_least(float value, float floor) { return std::max({value, floor, 1e-6F}); }

}  // namespace

void balance_inputs(
    std::span<const float> sizes, std::span<const float> peaks, std::span<float> factors
) {
  const float least_size = median(sizes);
  const float least_peak = median(peaks);
  double sum = 0;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    factors[i] = 0.5F * std::log2(at_least(peaks[i], least_peak) / at_least(sizes[i], least_size));
    sum += factors[i];
  }
  const auto mean = static_cast<float>(sum / static_cast<double>(factors.size()));
  // Coarse steps, so that a probe that differs in its last bits gives the same factors.
  for (float& factor : factors) factor = std::exp2(0.5F * std::nearbyint(2 * (factor - mean)));
}

std::vector<float> column_peaks(
    std::span<const std::span<const float>> weights, std::size_t k, ThreadPool& pool
) {
  std::vector<float> peaks(k);
  pool.run([&](Team& team) {
    const Range mine = share(k, team);
    for (const std::span<const float> weight : weights) {
      for (const float* row = weight.data(); row != weight.data() + weight.size(); row += k) {
        for (std::size_t i = mine.begin; i < mine.end; ++i)
          peaks[i] = std::max(peaks[i], std::abs(row[i]));
      }
    }
  });
  return peaks;
}

}  // namespace martlet
