#include "bench/tensor_bench.h"

#include <gtest/gtest.h>

#include "engines/registry.h"

namespace martlet {
namespace {

const std::filesystem::path kModel =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests/golden/images/model/model.onnx";

class TensorBenchTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const EngineStatus& engine : engine_statuses()) {
      if (engine.name == GetParam() && !engine.status.ok()) GTEST_SKIP() << engine.status.message();
    }
  }
  static Result<TensorReport> measure_shapes(std::map<std::string, std::vector<std::int64_t>> shapes
  ) {
    SteadyClock clock;
    TensorBenchOptions options{
        .shapes = std::move(shapes), .duration = std::chrono::milliseconds(20), .runs = 150
    };
    options.executor.engine = GetParam();
    return run_tensor_bench(kModel, options, clock);
  }
};

TEST_P(TensorBenchTest, MeasuresAnyGraph) {
  const auto report = measure_shapes({{"", {2, 3, 20, 24}}});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->ms.n, 150U);
  EXPECT_TRUE(report->ms.p99);
  EXPECT_EQ(report->inputs[0].shape, (std::vector<std::int64_t>{2, 3, 20, 24}));
  EXPECT_EQ(report->outputs[0].name, "logits");
  std::size_t counted = report->histogram.above;
  for (const std::size_t count : report->histogram.counts) counted += count;
  EXPECT_EQ(counted, 150U);
  const auto named = measure_shapes({{"pixel_values", {1, 3, 9, 9}}});
  EXPECT_TRUE(named) << named.error().message();
}

TEST_P(TensorBenchTest, RefusesShapesTheGraphDoesNotTake) {
  for (const auto& [name, shape] :
       {std::pair<std::string, std::vector<std::int64_t>>{"", {1, 4, 20, 24}},
        {"", {1, 3, 20}},
        {"", {1, 3, 0, 24}},
        {"", {1, 3, 1 << 30, 1 << 30}},
        {"images", {1, 3, 20, 24}}}) {
    const auto report = measure_shapes({{name, shape}});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), StatusCode::kInvalidArgument);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Engines, TensorBenchTest, ::testing::Values("onnxruntime", "openvino"),
    [](const auto& info) { return std::string(info.param); }
);

}  // namespace
}  // namespace martlet
