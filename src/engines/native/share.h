// How the ranks of a team divide rows and columns among them.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/thread_pool.h"

namespace martlet {

/// From this many rows a rank on, splitting rows beats splitting columns: tiles are full and no
/// barrier is needed.
inline constexpr std::size_t kRowsPerRank = 32;
/// Rows are split at multiples of the tallest register tile.
inline constexpr std::size_t kTileRows = 8;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

inline Range share(std::size_t count, const Team& team, std::size_t multiple = 1) {
  const auto size = static_cast<std::size_t>(team.size());
  const auto rank = static_cast<std::size_t>(team.rank());
  const std::size_t units = (count + multiple - 1) / multiple;
  return {
      std::min(count, units * rank / size * multiple),
      std::min(count, units * (rank + 1) / size * multiple)
  };
}

inline bool splits_rows(std::size_t rows, const Team& team) {
  return rows >= kRowsPerRank * static_cast<std::size_t>(team.size());
}

/// Rows that are normalized together: where columns are split, steps of whole rows are dealt finer.
inline constexpr std::size_t kRowsTogether = 4;

/// The rows that a rank embeds, normalizes and converts: those of its products, where rows are
/// split.
inline Range share_rows(std::size_t rows, const Team& team) {
  return share(rows, team, splits_rows(rows, team) ? kTileRows : kRowsTogether);
}

}  // namespace martlet
