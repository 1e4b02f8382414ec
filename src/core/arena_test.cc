#include "core/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace martlet {
namespace {

bool aligned(const float* data, std::size_t bytes) {
  return reinterpret_cast<std::uintptr_t>(data) % bytes == 0;
}

TEST(AlignedBuffer, LargeOnesBeginWithAHugePage) {
  EXPECT_TRUE(aligned(AlignedBuffer(1).data(), 64));
  EXPECT_TRUE(aligned(AlignedBuffer(1 << 18).data(), 2 << 20));
  EXPECT_TRUE(aligned(AlignedBuffer(3 << 20).data(), 2 << 20));
}

TEST(Arena, PiecesAreAlignedAndApart) {
  Arena arena;
  std::vector<AlignedBuffer> pieces;
  for (const std::size_t size : {1U, 16U, 17U, 0U, 1000U, 5U << 20, 9U << 20, 3U}) {
    pieces.emplace_back(size, arena);
    EXPECT_TRUE(aligned(pieces.back().data(), 64));
    EXPECT_EQ(pieces.back().size(), size);
    std::ranges::fill(pieces.back().values(), static_cast<float>(pieces.size()));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto mine = [&](float value) { return value == static_cast<float>(i + 1); };
    EXPECT_TRUE(std::ranges::all_of(pieces[i].values(), mine)) << i;
  }
}

TEST(Arena, PiecesStayWhenTheArenaMoves) {
  Arena arena;
  AlignedBuffer piece(64, arena);
  piece.data()[63] = 7;
  const Arena moved = std::move(arena);
  EXPECT_EQ(piece.data()[63], 7);
}

}  // namespace
}  // namespace martlet
