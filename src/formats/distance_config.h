// DeBERTa's part of config.json: attention that weighs how far apart tokens are with embeddings of
// distances.
#pragma once

#include <cstdint>

#include "formats/json.h"
#include "martlet/status.h"

namespace martlet {

struct DistanceConfig {
  /// The table of distances has 2 span rows; 0: attention does not look at them.
  std::int32_t span = 0;
  /// Distances up to half of this have a row each, farther ones share rows by their logarithms up
  /// to `farthest`; 0: all have a row each.
  std::int32_t buckets = 0;
  std::int32_t farthest = 0;

  [[nodiscard]] bool matter() const noexcept { return span > 0; }
  [[nodiscard]] std::int32_t rows() const noexcept { return 2 * span; }
  /// The row of a query that stands `distance` tokens behind its key; never falls as the distance
  /// rises. Rounded as PyTorch rounds it.
  [[nodiscard]] std::int32_t row_of(std::int32_t distance) const noexcept;
};

/// As transformers reads it, of a model whose texts have at most `max_positions` tokens. Malformed
/// values are the reader's failures; kUnsupported for kinds of attention that no published model of
/// the family has.
Status read_distance_config(
    JsonReader& reader, std::string_view where, std::int32_t max_positions, DistanceConfig& out
);

}  // namespace martlet
