#include "engines/native/rotary.h"

#include <algorithm>
#include <cmath>

#include "engines/native/share.h"

namespace martlet {
namespace {

RotaryTable make_table(float theta, std::size_t positions, std::size_t head_dim, ThreadPool& pool) {
  const std::vector<float> frequencies = rotary_frequencies(theta, head_dim);
  const std::size_t half = frequencies.size();
  RotaryTable table{std::vector<float>(positions * head_dim)};
  pool.run([&](Team& team) {
    const Range mine = share(positions, team);
    for (std::size_t position = mine.begin; position < mine.end; ++position) {
      float* row = table.values.data() + position * head_dim;
      for (std::size_t i = 0; i < half; ++i) {
        const float angle = static_cast<float>(position) * frequencies[i];
        row[i] = std::cos(angle);
        row[half + i] = std::sin(angle);
      }
    }
  });
  return table;
}

std::vector<float> make_window_bias(std::size_t window) {
  constexpr float kOutside = -1e9F;
  const std::size_t farthest = window + kWindowQueries - 1;
  std::vector<float> bias(2 * farthest + 1, kOutside);
  std::fill_n(bias.begin() + static_cast<std::ptrdiff_t>(farthest - window), 2 * window + 1, 0.0F);
  return bias;
}

}  // namespace

std::vector<float> rotary_frequencies(float theta, std::size_t head_dim) {
  std::vector<float> frequencies(head_dim / 2);
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const auto exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    const double power = std::pow(static_cast<double>(theta), static_cast<double>(exponent));
    frequencies[i] = 1.0F / static_cast<float>(power);
  }
  return frequencies;
}

std::unique_ptr<const RotaryTables> make_rotary_tables(const HfConfig& config, ThreadPool& pool) {
  if (!config.rotary.rotates()) return nullptr;
  const auto head_dim = static_cast<std::size_t>(config.hidden_size / config.heads);
  const auto positions = static_cast<std::size_t>(config.max_length());
  return std::make_unique<const RotaryTables>(RotaryTables{
      make_table(config.rotary.theta, positions, head_dim, pool),
      make_table(config.rotary.local_theta, positions, head_dim, pool),
      make_window_bias(static_cast<std::size_t>(config.rotary.window)),
  });
}

}  // namespace martlet
