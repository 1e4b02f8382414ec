#include "calibration/deviation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace martlet {
namespace {

TEST(Deviation, OfLogits) {
  const Answers exact{.logits = {{1, 2, 4, 3}, 2}, .embeddings = {{1, 0, 0, 1}, 2}};
  const Answers other{.logits = {{1, 2, 3, 3.5F}, 2}, .embeddings = {{1, 0, 0, 1}, 2}};
  const Deviation found = deviation(exact, other);
  EXPECT_DOUBLE_EQ(*found.label_agreement, 0.5);
  EXPECT_DOUBLE_EQ(*found.max_logit_error, 1);
  EXPECT_DOUBLE_EQ(*found.mean_logit_error, 1.5 / 4);
  EXPECT_DOUBLE_EQ(found.min_cosine, 1);
  EXPECT_DOUBLE_EQ(found.relative_error, 0);
}

TEST(Deviation, OfEmbeddings) {
  const Answers exact{.logits = {}, .embeddings = {{1, 0, 0, 1}, 2}};
  const Answers other{.logits = {}, .embeddings = {{2, 0, 1, 1}, 2}};
  const Deviation found = deviation(exact, other);
  EXPECT_FALSE(found.label_agreement);
  EXPECT_NEAR(found.min_cosine, std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(found.mean_cosine, (1 + std::sqrt(0.5)) / 2, 1e-12);
  EXPECT_NEAR(found.relative_error, 1, 1e-12);  // (1 + 1) / (1 + 1)
}

TEST(Deviation, AccuracyIsTheShareOfRightLabels) {
  EXPECT_DOUBLE_EQ(accuracy({{0, 1, 1, 0, 0, 1}, 2}, {1, 1, 1}), 2.0 / 3);
}

TEST(Gate, ClassifiersByLabelsAndEmbeddersByCosine) {
  const Gate gate;
  Deviation found;
  found.min_cosine = 0.989;
  EXPECT_FALSE(gate.holds(found, {}));
  found.label_agreement = 0.993;
  EXPECT_TRUE(gate.holds(found, {}));
  EXPECT_TRUE(gate.holds(found, -0.002));
  EXPECT_FALSE(gate.holds(found, 0.004));
  found.label_agreement = 0.99;
  EXPECT_FALSE(gate.holds(found, {}));
}

}  // namespace
}  // namespace martlet
