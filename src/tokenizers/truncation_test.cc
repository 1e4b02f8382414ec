#include "tokenizers/truncation.h"

#include <gtest/gtest.h>

#include <ostream>

namespace martlet {

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const PairLength& lengths, std::ostream* out) {
  *out << '{' << lengths.first << ", " << lengths.second << '}';
}

namespace {

PairLength cut(const PairLength& lengths, std::size_t max_tokens, Truncation truncation) {
  const auto result = truncate(lengths, max_tokens, truncation);
  EXPECT_TRUE(result) << result.status().message();
  return result.value_or(PairLength{});
}

TEST(Truncation, LongestFirstSharesTheRoom) {
  const auto longest = Truncation::kLongestFirst;
  EXPECT_EQ(cut({3, 4}, 7, longest), (PairLength{3, 4}));
  EXPECT_EQ(cut({2, 10}, 7, longest), (PairLength{2, 5}));
  EXPECT_EQ(cut({10, 2}, 7, longest), (PairLength{5, 2}));
  EXPECT_EQ(cut({10, 10}, 7, longest), (PairLength{3, 4}));  // the second one has the odd token
  EXPECT_EQ(cut({11, 10}, 7, longest), (PairLength{4, 3}));  // ... or rather the longer one
  EXPECT_EQ(cut({10, 0}, 7, longest), (PairLength{7, 0}));
  EXPECT_EQ(cut({10, 10}, 0, longest), (PairLength{0, 0}));
}

TEST(Truncation, OneTextOnly) {
  EXPECT_EQ(cut({10, 3}, 7, Truncation::kOnlyFirst), (PairLength{4, 3}));
  EXPECT_EQ(cut({3, 10}, 7, Truncation::kOnlySecond), (PairLength{3, 4}));
  EXPECT_EQ(
      truncate({3, 10}, 7, Truncation::kOnlyFirst).status().code(), StatusCode::kInvalidArgument
  );
}

TEST(Windows, OverlapByTheStride) {
  std::vector<Window> windows;
  make_windows(10, 4, 1, windows);
  EXPECT_EQ(windows, (std::vector<Window>{{0, 4}, {3, 7}, {6, 10}}));
  make_windows(11, 4, 0, windows);
  EXPECT_EQ(windows, (std::vector<Window>{{0, 4}, {4, 8}, {8, 11}}));
  make_windows(4, 4, 3, windows);
  EXPECT_EQ(windows, (std::vector<Window>{{0, 4}}));
}

}  // namespace
}  // namespace martlet
