#include "calibration/calibrate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "calibration/built_in_texts.h"

namespace martlet {
namespace {

std::filesystem::path golden(std::string_view name) {
  return std::filesystem::path(MARTLET_SOURCE_DIR) / "tests/golden/models" / name;
}

CalibrationOptions quick() {
  return {.threads = 2, .gate = {}, .timing = std::chrono::milliseconds(1)};
}

Result<PrecisionLevel> calibrate_with(const Gate& gate, const Dataset& dataset) {
  SteadyClock clock;
  CalibrationOptions options = quick();
  options.gate = gate;
  return calibrate(golden("bert-odd"), dataset, options, clock);
}

TEST(BuiltInTexts, AreHundredsAndNoTwoAlike) {
  Dataset dataset = built_in_texts();
  EXPECT_GE(dataset.texts.size(), 200);
  std::ranges::sort(dataset.texts);
  EXPECT_EQ(std::ranges::adjacent_find(dataset.texts), dataset.texts.end());
}

TEST(Calibrate, MeasuresEveryPrecisionAndChoosesOneThatPassed) {
  const auto level = calibrate_with({.least_label_agreement = 0}, built_in_texts());
  ASSERT_TRUE(level) << level.error().message();
  EXPECT_EQ(level->checks.front().precision, "fp32");
  EXPECT_EQ(level->checks.front().label_agreement, 1);
  EXPECT_EQ(level->checks.back().precision, "int8");
  EXPECT_LT(level->checks.back().mean_cosine, 1);
  EXPECT_EQ(level->layer_errors.size(), level->checks.front().layers.size());
  EXPECT_GT(level->layer_errors.front(), 0);
  for (const PrecisionCheck& check : level->checks) {
    EXPECT_TRUE(check.passed) << check.precision;
    EXPECT_GT(check.ms, 0.9 * level->chosen().ms) << "but for a little, the fastest";
    EXPECT_GT(check.ms, 0);
  }
}

TEST(Calibrate, WhatFailsFallsBackLayerByLayerAndIsNotChosen) {
  SteadyClock clock;
  CalibrationOptions options = quick();
  options.gate.least_min_cosine = 1 - 1e-12;  // nothing but fp32 holds that
  const auto level = calibrate(golden("bert-pooler-sharded"), built_in_texts(), options, clock);
  ASSERT_TRUE(level) << level.error().message();
  EXPECT_EQ(level->choice, "fp32");
  const PrecisionCheck& int8 = level->checks.back();
  EXPECT_FALSE(int8.passed);
  EXPECT_EQ(std::ranges::count(int8.layers, "int8"), 1) << "all layers but the last one tried";
}

TEST(Calibrate, LabelsByNameOrNumber) {
  Dataset dataset{.texts = {"a film", "a book"}, .labels = {"0", "1"}};
  const auto level =
      calibrate_with({.least_label_agreement = 0, .most_accuracy_change = 1}, dataset);
  ASSERT_TRUE(level) << level.error().message();
  EXPECT_TRUE(level->checks.front().accuracy);
  dataset.labels[1] = "no such label";
  EXPECT_EQ(calibrate_with({}, dataset).error().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace martlet
