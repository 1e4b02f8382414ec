#include "pipelines/unit_length.h"

#include <algorithm>
#include <cmath>

namespace martlet {

void scale_to_unit(std::span<float> row) {
  double sum = 0;
  for (const double value : row) sum += value * value;
  const double length = std::max(std::sqrt(sum), 1e-12);
  for (float& value : row) value = static_cast<float>(value / length);
}

}  // namespace martlet
