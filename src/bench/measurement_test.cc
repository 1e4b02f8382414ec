#include "bench/measurement.h"

#include <gtest/gtest.h>

#include "bench/fake_clock.h"

namespace martlet {
namespace {

using std::chrono::milliseconds;

/// A machine whose runs, inputs and probes take fixed times.
struct Machine {
  FakeClock clock;
  int runs = 0;
  int prepared = 0;
  int probes = 0;

  Workload workload() {
    return {
        .prepare =
            [this] {
              ++prepared;
              clock.advance(milliseconds(1));
            },
        .run = [this]() -> Status {
          EXPECT_EQ(prepared, ++runs) << "every run has input of its own";
          clock.advance(runs == 1 ? milliseconds(90) : milliseconds(9));
          return {};
        },
        .probe =
            [this] {
              ++probes;
              clock.advance(milliseconds(5));
            },
    };
  }
};

TEST(Measurement, CountsOnlyRunsWithinTheirTime) {
  Machine machine;
  const MeasureOptions options{
      .duration = milliseconds(1000),
      .warm_up = milliseconds(200),
      .probe_every = milliseconds(100),
  };
  const auto result = measure(machine.workload(), options, machine.clock);
  ASSERT_TRUE(result);
  EXPECT_DOUBLE_EQ(result->first_ms, 90);
  EXPECT_EQ(result->warm_up_ms.size(), 12);  // 91 ms, then 11 of 10 ms
  // Nine rounds of a probe (5), a run that does not count (10) and ten that do (100) last 1035 ms.
  EXPECT_EQ(machine.probes, 9);
  EXPECT_EQ(result->ms.size(), 87);
  for (const double ms : result->ms) EXPECT_DOUBLE_EQ(ms, 9);
  EXPECT_EQ(machine.runs, 12 + 87 + 9);
}

TEST(Measurement, SlowRunsAreStillThree) {
  Machine machine;
  const MeasureOptions options{.duration = milliseconds(1), .warm_up = milliseconds(0)};
  Workload workload = machine.workload();
  workload.probe = nullptr;
  const auto result = measure(workload, options, machine.clock);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->ms.size(), 3);
  EXPECT_EQ(result->warm_up_ms.size(), 3);
  EXPECT_EQ(machine.probes, 0);
}

TEST(Measurement, FailureOfARunEndsIt) {
  Machine machine;
  Workload workload = machine.workload();
  workload.run = []() -> Status { return {StatusCode::kInvalidArgument, "no"}; };
  const auto result = measure(workload, {}, machine.clock);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "no");
}

TEST(Measurement, TakesAsManyRunsAsAsked) {
  Machine machine;
  const auto result = measure(
      machine.workload(), {.duration = {}, .warm_up = milliseconds(50), .runs = 70}, machine.clock
  );
  ASSERT_TRUE(result);
  EXPECT_EQ(result->ms.size(), 70);
}

}  // namespace
}  // namespace martlet
