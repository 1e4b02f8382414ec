#include "bench/load_recorder.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

using namespace std::chrono_literals;

constexpr LoadAnswer::TimePoint kBegin{1h};

LoadRecorder two_seconds() { return {kBegin, kBegin + 2s}; }

LoadAnswer answer(std::chrono::nanoseconds due, std::chrono::nanoseconds took, int status) {
  return {
      .due = kBegin + due,
      .sent = kBegin + due + 1ms,
      .answered = kBegin + due + took,
      .status = status
  };
}

TEST(LoadRecorder, LatencyCountsFromTheTimeARequestWasDue) {
  LoadRecorder recorder = two_seconds();
  for (int i = 1; i <= 100; ++i) recorder.answer(answer(10ms, i * 10ms, 200));
  const LoadReport report = recorder.report();
  EXPECT_EQ(report.ok.requests, 100u);
  EXPECT_DOUBLE_EQ(report.ok.per_s, 50);
  EXPECT_NEAR(report.ok.latency.p50, 505, 1e-9);
  EXPECT_NEAR(report.ok.latency.p99, 990.1, 1e-9);
  EXPECT_NEAR(report.ok.latency.max, 1000, 1e-9);
  EXPECT_NEAR(report.ok.from_sent.max, 999, 1e-9);
  EXPECT_NEAR(report.late.max, 1, 1e-9);
}

TEST(LoadRecorder, OnlyWhatFallsIntoTheTimeCounts) {
  LoadRecorder recorder = two_seconds();
  recorder.answer(answer(-50ms, 10ms, 200));   // warming up
  recorder.answer(answer(-50ms, 100ms, 200));  // answered in time: a request for the rate
  recorder.answer(answer(1990ms, 1s, 200));    // due in time: a latency
  recorder.error(kBegin - 1s, "read");
  recorder.error(kBegin, "read");
  const LoadReport report = recorder.report();
  EXPECT_DOUBLE_EQ(report.ok.per_s, 0.5);
  EXPECT_EQ(report.ok.requests, 1u);
  EXPECT_EQ(report.status.at(200), 1u);
  EXPECT_EQ(report.errors.at("read"), 1u);
}

TEST(LoadRecorder, RefusalsStandApart) {
  LoadRecorder recorder = two_seconds();
  LoadAnswer refused = answer(0ms, 5ms, 429);
  refused.retry_after = 3;
  recorder.answer(refused);
  refused.retry_after = 1;
  recorder.answer(refused);
  recorder.answer(answer(0ms, 5ms, 500));
  const LoadReport report = recorder.report();
  EXPECT_EQ(report.refused.requests, 2u);
  EXPECT_EQ(report.ok.requests, 0u);
  EXPECT_EQ(report.status.at(500), 1u);
  EXPECT_DOUBLE_EQ(report.retry_after_min, 1);
  EXPECT_DOUBLE_EQ(report.retry_after_max, 3);
}

}  // namespace
}  // namespace martlet
