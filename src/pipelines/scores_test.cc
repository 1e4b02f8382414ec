#include "pipelines/scores.h"

#include <gtest/gtest.h>

#include <cmath>

namespace martlet {
namespace {

std::vector<float> scores_of(ScoreFunction function, const std::vector<float>& logits) {
  std::vector<float> scores;
  apply_scores(function, logits, scores);
  return scores;
}

TEST(Scores, TheConfigDecidesTheFunctionAsInTransformers) {
  EXPECT_EQ(score_function_for("", 2), ScoreFunction::kSoftmax);
  EXPECT_EQ(score_function_for("", 1), ScoreFunction::kSigmoid);
  EXPECT_EQ(score_function_for("single_label_classification", 3), ScoreFunction::kSoftmax);
  EXPECT_EQ(score_function_for("single_label_classification", 1), ScoreFunction::kSigmoid);
  EXPECT_EQ(score_function_for("multi_label_classification", 3), ScoreFunction::kSigmoid);
  EXPECT_EQ(score_function_for("regression", 1), ScoreFunction::kNone);
  EXPECT_EQ(score_function_for("regression", 3), ScoreFunction::kNone);
  HfConfig config;
  config.labels = {"LABEL_0"};
  EXPECT_EQ(relevance_function(config).value(), ScoreFunction::kSigmoid);
  config.activation_fn = "torch.nn.modules.linear.Identity";
  EXPECT_EQ(relevance_function(config).value(), ScoreFunction::kNone);
  config.activation_fn = "torch.nn.modules.activation.Tanh";
  EXPECT_EQ(relevance_function(config).error().code(), StatusCode::kUnsupported);
  config.labels.emplace_back("LABEL_1");
  EXPECT_EQ(relevance_function(config).value(), ScoreFunction::kSoftmax);
}

TEST(Scores, SoftmaxOfKnownLogits) {
  // scipy.special.softmax([2.208611, -2.924345])
  const auto scores = scores_of(ScoreFunction::kSoftmax, {2.208611F, -2.924345F});
  EXPECT_NEAR(scores[0], 0.994135, 1e-6);
  EXPECT_FLOAT_EQ(scores[0] + scores[1], 1.0F);
}

TEST(Scores, SoftmaxStandsLargeLogits) {
  EXPECT_EQ(scores_of(ScoreFunction::kSoftmax, {3e38F, -3e38F}), (std::vector<float>{1, 0}));
  EXPECT_EQ(scores_of(ScoreFunction::kSoftmax, {-900, -900}), (std::vector<float>{0.5F, 0.5F}));
}

TEST(Scores, SigmoidAndNone) {
  const auto scores = scores_of(ScoreFunction::kSigmoid, {0, 1, -100, 100});
  EXPECT_FLOAT_EQ(scores[0], 0.5F);
  EXPECT_FLOAT_EQ(scores[1], 0.7310586F);
  EXPECT_FLOAT_EQ(scores[2], 3.783506e-44F);
  EXPECT_FLOAT_EQ(scores[3], 1.0F);
  EXPECT_EQ(scores_of(ScoreFunction::kNone, {-3, 7}), (std::vector<float>{-3, 7}));
}

TEST(Scores, BestFirstAndTiesInOrder) {
  const std::vector<float> scores{0.1F, 0.4F, 0.1F, 0.4F};
  EXPECT_EQ(best_scores(scores, 0), (std::vector<std::size_t>{1, 3, 0, 2}));
  EXPECT_EQ(best_scores(scores, 1), (std::vector<std::size_t>{1}));
  EXPECT_EQ(best_scores(scores, 9).size(), 4U);
}

}  // namespace
}  // namespace martlet
