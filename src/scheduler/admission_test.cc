#include "scheduler/admission.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

using namespace std::chrono_literals;

constexpr Clock::TimePoint kNow{1h};

/// 1 ms for a thousand tokens, no overhead.
CostModel microsecond_a_token() {
  CostModel model;
  for (int i = 0; i < 10; ++i) model.observe(1000, 1ms);
  return model;
}

SchedulerOptions options() {
  SchedulerOptions made;
  made.max_batch_tokens = 1000;
  made.max_queued_tokens = 80'000;
  made.max_queued_requests = 800;
  made.max_queue_time = 50ms;
  return made;
}

/// Requests of a hundred tokens.
Load load(std::int64_t interactive, std::int64_t normal, std::int64_t bulk) {
  return {
      .queued_requests = {interactive / 100, normal / 100, bulk / 100},
      .queued_tokens = {interactive, normal, bulk}
  };
}

TEST(Admission, AcceptsWhatFits) {
  Admission admission(options());
  EXPECT_FALSE(admission.deny({.tokens = 100}, load(0, 0, 0), microsecond_a_token(), kNow));
}

TEST(Admission, AFloodOfOneClassLeavesTheOthersRoom) {
  SchedulerOptions any_time = options();
  any_time.max_queue_time = 0ns;
  Admission admission(any_time);
  const CostModel model = microsecond_a_token();
  const auto denial = [&](Priority priority, const Load& held) {
    return admission.deny({.priority = priority, .tokens = 10}, held, model, kNow);
  };
  const Load bulk = load(0, 0, 60'000);
  ASSERT_TRUE(denial(Priority::kBulk, bulk));
  EXPECT_EQ(denial(Priority::kBulk, bulk)->reason, RefusalReason::kQueueFull);
  EXPECT_FALSE(denial(Priority::kNormal, bulk));
  EXPECT_FALSE(denial(Priority::kInteractive, bulk));
  const Load interactive = load(60'000, 0, 0);
  EXPECT_TRUE(denial(Priority::kInteractive, interactive));
  EXPECT_FALSE(denial(Priority::kBulk, interactive));
  EXPECT_TRUE(denial(Priority::kBulk, load(60'000, 10'000, 10'000)));
}

TEST(Admission, RefusesAWaitThatIsTooLong) {
  Admission admission(options());
  const auto denial =
      admission.deny({.tokens = 10}, load(0, 55'000, 0), microsecond_a_token(), kNow);
  ASSERT_TRUE(denial);
  EXPECT_EQ(denial->reason, RefusalReason::kTooSlow);
  EXPECT_NEAR(static_cast<double>(denial->retry_after.count()), 30e6, 0.1e6);
  EXPECT_EQ(
      explain(*denial).status.message(),
      "[scheduler] the wait would be too long, got 55 ms, expected at most 50"
  );
}

TEST(Admission, RefusesAtOnceWhatWouldMissItsDeadline) {
  Admission admission(options());
  const Load waiting = load(0, 20'000, 0);
  const CostModel model = microsecond_a_token();
  EXPECT_FALSE(admission.deny({.tokens = 1, .deadline = kNow + 25ms}, waiting, model, kNow));
  EXPECT_TRUE(admission.deny({.tokens = 1, .deadline = kNow + 15ms}, waiting, model, kNow));
  const auto expired = admission.deny({.tokens = 1, .deadline = kNow}, waiting, model, kNow);
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->reason, RefusalReason::kExpired);
}

TEST(Admission, UrgentRequestsDoNotWaitForBulk) {
  const Admission admission(options());
  const Load mixed = load(1000, 0, 60'000);
  const CostModel model = microsecond_a_token();
  EXPECT_LT(admission.predict_wait(Priority::kInteractive, mixed, model), 2ms);
  EXPECT_GT(admission.predict_wait(Priority::kBulk, mixed, model), 60ms);
}

TEST(Admission, TryingAgainDoesNotHelpWhatIsTooLarge) {
  Admission admission(options());
  const auto denial = admission.deny(
      {.requests = 1000, .tokens = 1000}, load(0, 0, 0), microsecond_a_token(), kNow
  );
  ASSERT_TRUE(denial);
  EXPECT_EQ(denial->reason, RefusalReason::kTooLarge);
  EXPECT_EQ(denial->retry_after, 0ns);
}

TEST(Admission, ThoseRefusedAreSpreadOverTime) {
  Admission admission(options());
  const CostModel model = microsecond_a_token();
  const Load waiting = load(0, 60'000, 0);
  const auto first = admission.deny({.tokens = 1000}, waiting, model, kNow);
  const auto second = admission.deny({.tokens = 1000}, waiting, model, kNow);
  ASSERT_TRUE(first && second);
  EXPECT_NEAR(static_cast<double>((second->retry_after - first->retry_after).count()), 1e6, 1e4);
}

TEST(Admission, AFollowerNeedsNoTokens) {
  Admission admission(options());
  const Load waiting = load(0, 59'000, 0);
  EXPECT_FALSE(admission.deny({.tokens = 0}, waiting, microsecond_a_token(), kNow));
}

}  // namespace
}  // namespace martlet
