#include "bench/shape_bench.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

std::filesystem::path golden(std::string_view name) {
  return std::filesystem::path(MARTLET_SOURCE_DIR) / "tests/golden/models" / name;
}

TEST(ShapeBench, MeasuresATinyModel) {
  SteadyClock clock;
  ShapeBenchOptions options{.batch = 2, .seq = 8, .profile = true};
  options.encoder.threads = 2;
  options.duration = std::chrono::milliseconds(50);
  const auto report = run_shape_bench(golden("bert-gelu-new"), options, clock);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_GE(report->ms.n, 3);
  EXPECT_LE(report->ms.min, report->ms.p50);
  EXPECT_GT(report->load_ms, 0);
  EXPECT_GT(report->tokens_per_s, 0);
  EXPECT_GT(report->peak_gmacs_per_s, 0);
  EXPECT_EQ(report->threads, 2);
  ASSERT_TRUE(report->profile);
  EXPECT_GT(report->profile->runs, 0);
  EXPECT_GT(report->profile->steps_ms[static_cast<std::size_t>(Step::kQkv)], 0);
}

TEST(ShapeBench, RefusesShapesThatMakeNoSense) {
  SteadyClock clock;
  for (const auto& [batch, seq] : {std::pair{0, 8}, {1, 0}, {-1, 8}, {1 << 20, 1 << 20}}) {
    const auto report =
        run_shape_bench(golden("bert-gelu-new"), {.batch = batch, .seq = seq}, clock);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), StatusCode::kInvalidArgument);
  }
  const auto too_long = run_shape_bench(golden("bert-gelu-new"), {.seq = 100000}, clock);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace martlet
