#include "core/heap.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace martlet {
namespace {

constexpr bool kOwnHeap = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);

class HeapKeeperTest : public testing::Test {
 protected:
  /// Whether memory is given back at these sizes.
  bool at(std::size_t resident, std::size_t used = kUsual) {
    sizes_ = {resident, used};
    const int before = given_;
    keeper_.look();
    return given_ > before;
  }

  static constexpr std::size_t kUsual = std::size_t{100} << 20;
  static constexpr std::size_t kMuch = HeapKeeper::kMuch;
  static constexpr std::size_t kLittle = HeapKeeper::kLittle;

  HeapSizes sizes_{kUsual, kUsual};
  int given_ = 0;
  HeapKeeper keeper_{[this] { return sizes_; }, [this] { ++given_; }};
};

TEST_F(HeapKeeperTest, MuchIsGivenBackAtOnce) {
  EXPECT_FALSE(at(kUsual + kMuch - 1));
  EXPECT_TRUE(at(kUsual + kMuch));
  EXPECT_TRUE(at(kUsual + kMuch)) << "once more at rest: it may have missed what was just freed";
  EXPECT_FALSE(at(kUsual + kMuch)) << "what is still there is in use";
  EXPECT_FALSE(at(kUsual));
  EXPECT_TRUE(at(kUsual + kMuch)) << "counted from the least";
}

TEST_F(HeapKeeperTest, ALittleIsGivenBackAtRest) {
  EXPECT_FALSE(at(kUsual + kLittle));
  EXPECT_TRUE(at(kUsual + kLittle));
  EXPECT_FALSE(at(kUsual + kLittle));
  EXPECT_FALSE(at(kUsual + 2 * kLittle - 1));
  EXPECT_FALSE(at(kUsual + 2 * kLittle - 1)) << "less than a little";
}

TEST_F(HeapKeeperTest, WhatWasInUseForLongIsGivenBackToo) {
  EXPECT_TRUE(at(kUsual + kMuch, kUsual + kMuch));
  EXPECT_TRUE(at(kUsual + kMuch, kUsual + kMuch));
  EXPECT_FALSE(at(kUsual + kMuch, kUsual + kMuch));
  EXPECT_TRUE(at(kUsual + kMuch, kUsual));
}

TEST(Heap, WhatIsFreeBetweenBlocksInUseGoesBack) {
  if (!kOwnHeap) GTEST_SKIP() << "a sanitizer brings its own heap";
  constexpr std::size_t kSmall = 1000;
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int i = 0; i < 100'000; ++i) blocks.push_back(std::make_unique<char[]>(kSmall));
  const auto last = std::move(blocks.back());  // nothing below it can be cut off
  const std::size_t full = heap_sizes().resident;
  blocks.clear();
  give_back_free_memory();
  EXPECT_LT(heap_sizes().resident + (std::size_t{60} << 20), full);
}

}  // namespace
}  // namespace martlet
