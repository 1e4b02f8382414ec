#include "kernels/cpu/gemm/gemm.h"

#include <algorithm>

namespace martlet {

void pack_panels(
    const float* weight, std::size_t n, std::size_t k, std::size_t panel_width, float* packed
) noexcept {
  for (std::size_t begin = 0; begin < n; begin += panel_width, packed += panel_width * k) {
    const std::size_t columns = std::min(panel_width, n - begin);
    for (std::size_t i = 0; i < k; ++i) {
      float* row = packed + i * panel_width;
      for (std::size_t column = 0; column < columns; ++column)
        row[column] = weight[(begin + column) * k + i];
      std::fill(row + columns, row + panel_width, 0.0F);
    }
  }
}

}  // namespace martlet
