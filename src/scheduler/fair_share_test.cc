#include "scheduler/fair_share.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

constexpr std::int32_t kShares[kPriorities] = {16, 4, 1};
using Waiting = std::array<bool, kPriorities>;
constexpr Waiting kAll{true, true, true};

std::array<int, kPriorities> turns(FairShare& share, const Waiting& waiting, int batches) {
  std::array<int, kPriorities> count{};
  for (int i = 0; i < batches; ++i) {
    const std::size_t next = share.next(waiting);
    share.charge(next, 1000);
    ++count[next];
  }
  return count;
}

TEST(FairShare, TheMostUrgentIsFirst) {
  FairShare share(kShares, 1000);
  EXPECT_EQ(share.next(kAll), 0u);
}

TEST(FairShare, WaitingClassesGetTheirShares) {
  FairShare share(kShares, 1000);
  const auto count = turns(share, kAll, 2100);
  EXPECT_NEAR(count[0], 1600, 2);
  EXPECT_NEAR(count[1], 400, 2);
  EXPECT_NEAR(count[2], 100, 2);
}

TEST(FairShare, NobodySavesUpWhileAway) {
  FairShare share(kShares, 1000);
  turns(share, {true, false, true}, 10000);
  const auto count = turns(share, kAll, 21);
  EXPECT_LE(count[1], 5);
}

TEST(FairShare, NobodyPaysForRoomThatNobodyWanted) {
  FairShare share(kShares, 1000);
  for (int i = 0; i < 10000; ++i) {
    share.charge(share.next({true, false, true}), 1);
    share.charge(2, 1000);  // bulk takes what is left of every batch
  }
  EXPECT_GE(turns(share, {true, false, true}, 40)[2], 1);
}

}  // namespace
}  // namespace martlet
