#include "pipelines/unit_length.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace martlet {
namespace {

double length_of(std::span<const float> row) {
  double sum = 0;
  for (const double value : row) sum += value * value;
  return std::max(std::sqrt(sum), 1e-12);
}

}  // namespace

void scale_to_unit(std::span<float> row) {
  const double length = length_of(row);
  for (float& value : row) value = static_cast<float>(value / length);
}

float cosine(std::span<const float> a, std::span<const float> b) {
  const double product = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  return static_cast<float>(product / (length_of(a) * length_of(b)));
}

}  // namespace martlet
