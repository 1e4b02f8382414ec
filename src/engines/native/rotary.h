// Positions as rotations: the angles by which pairs of a query's and a key's elements turn.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/thread_pool.h"
#include "formats/hf_config.h"

namespace martlet {

/// [head_dim / 2]: by how much each pair turns from a position to the next, in fp32 as transformers
/// rounds it.
std::vector<float> rotary_frequencies(float theta, std::size_t head_dim);

/// [positions, head_dim]: for each position the cosines of its head_dim / 2 angles, then the sines.
struct RotaryTable {
  std::vector<float> values;
};

/// Queries that attention through a window takes at a time.
inline constexpr std::size_t kWindowQueries = 32;

struct RotaryTables {
  RotaryTable full;   // of layers that see every token
  RotaryTable local;  // of those that look through a window
  /// What a local layer adds to scores by distance, from 1 - (window + kWindowQueries) on: nothing
  /// within the window, and outside it what leaves no weight.
  std::vector<float> window_bias;

  [[nodiscard]] const float* window_bias_at_zero() const noexcept {
    return window_bias.data() + window_bias.size() / 2;
  }
};

/// Null where the model has no rotations.
std::unique_ptr<const RotaryTables> make_rotary_tables(const HfConfig& config, ThreadPool& pool);

}  // namespace martlet
