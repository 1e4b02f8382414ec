#include "martlet/text_classification.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipelines/fake_encoder.h"
#include "pipelines/pipeline_testing.h"

namespace martlet {
namespace {

TextClassificationPipeline load(const TextClassificationOptions& options = {}) {
  auto pipeline = TextClassificationPipeline::load(golden_model("bert-odd"), options);
  if (!pipeline) throw std::runtime_error(pipeline.error().message());
  return *std::move(pipeline);
}

TEST(TextClassification, OneTextHasALabelAScoreAndLogits) {
  const auto pipeline = load();
  const auto result = pipeline.run("this film is great");
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->logits.size(), 5U);
  EXPECT_FALSE(result->truncated);
  ASSERT_EQ(result->top.size(), 1U);
  EXPECT_EQ(result->top[0].label, result->label);
  EXPECT_EQ(result->top[0].score, result->score);
  const auto best = std::ranges::max_element(result->logits) - result->logits.begin();
  EXPECT_EQ(result->label, "LABEL_" + std::to_string(best));
  EXPECT_GT(result->score, 0.2F);
  EXPECT_LT(result->score, 1.0F);
}

TEST(TextClassification, TopKIsSortedAndSumsToOne) {
  TextClassificationOptions options;
  options.top_k = 0;
  const auto result = load(options).run("a dull plot");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->top.size(), 5U);
  double sum = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    sum += result->top[i].score;
    if (i > 0) EXPECT_GE(result->top[i - 1].score, result->top[i].score);
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

TEST(TextClassification, ResultsAreBitIdenticalForEveryPlan) {
  const auto pipeline = load();
  const auto texts = random_texts(700);
  const auto views = views_of(texts);
  const auto want = pipeline.run(views, {.order = BatchPlan::Order::kSerial, .batch_tokens = 1});
  ASSERT_TRUE(want) << want.error().message();
  for (const auto order :
       {BatchPlan::Order::kSerial, BatchPlan::Order::kParallel, BatchPlan::Order::kGrouped}) {
    for (const int threads : {1, 3}) {
      for (const int32_t tokens : {50, 5000}) {
        const auto got = pipeline.run(
            views, {.order = order, .batch_tokens = tokens, .threads = threads, .window = 300}
        );
        ASSERT_TRUE(got) << got.error().message();
        ASSERT_EQ(got->size(), texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
          ASSERT_EQ((*got)[i].logits, (*want)[i].logits)
              << to_string(order) << ' ' << threads << ' ' << tokens << " text " << i;
          ASSERT_EQ((*got)[i].label, (*want)[i].label);
        }
      }
    }
  }
}

TEST(TextClassification, LongTextsAreCutAndSaySo) {
  TextClassificationOptions options;
  options.max_length = 6;
  const auto pipeline = load(options);
  const std::vector<std::string_view> texts{
      "the film is", "the film is so very funny", "the film is so very dull"
  };
  const auto results = pipeline.run(texts);
  ASSERT_TRUE(results);
  EXPECT_FALSE((*results)[0].truncated);
  EXPECT_TRUE((*results)[1].truncated);
  // Four words are left of both, the same.
  EXPECT_NE((*results)[1].logits, (*results)[0].logits);
  const auto same = pipeline.run("the film is so");
  ASSERT_TRUE(same);
  EXPECT_EQ((*results)[1].logits, same->logits);
}

TEST(TextClassification, AVeryLongTextIsCutToWhatTheModelTakes) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "good ";
  const auto result = load().run(text);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_TRUE(result->truncated);
}

TEST(TextClassification, PairsAreNotTheirTextsInOne) {
  const auto pipeline = load();
  const std::vector<TextPair> pairs{{"a good film", "it is bad"}, {"a good film", ""}};
  const auto results = pipeline.run(pairs);
  ASSERT_TRUE(results) << results.error().message();
  const auto single = pipeline.run("a good film");
  EXPECT_NE((*results)[0].logits, single->logits);
  EXPECT_NE((*results)[1].logits, single->logits);  // one more [SEP]
}

TEST(TextClassification, EmptyTextsAndNoTextsAreAllRight) {
  const auto pipeline = load();
  EXPECT_TRUE(pipeline.run(""));
  const auto none = pipeline.run(std::span<const std::string_view>());
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST(TextClassification, TheProblemTypeDecidesTheScores) {
  const auto scores = [](std::string problem_type, std::optional<ScoreFunction> function) {
    TextClassificationOptions options;
    options.top_k = 0;
    options.function = function;
    const auto pipeline = TextClassificationPipeline::make(
        golden_tokenizer(), std::make_unique<FakeEncoder>(),
        {{"first", "second"}, std::move(problem_type)}, options
    );
    const auto result = pipeline->run("film");
    return std::pair(result->top[0].score, result->top[1].score);
  };
  // The fake's logits are above 1.
  EXPECT_GT(scores("regression", {}).first, 1.0F);
  EXPECT_GT(scores("multi_label_classification", {}).second, 0.9F);
  EXPECT_EQ(scores("", {}).first + scores("", {}).second, 1.0F);
  EXPECT_GT(scores("", ScoreFunction::kNone).first, 1.0F);
}

TEST(TextClassification, AModelWithoutAClassifierIsRefused) {
  for (const char* name : {"bert-pooler-sharded", "bert-tokens"}) {
    const auto pipeline = TextClassificationPipeline::load(golden_model(name));
    ASSERT_FALSE(pipeline);
    EXPECT_EQ(pipeline.error().code(), StatusCode::kInvalidModel) << pipeline.error().message();
  }
}

TEST(TextClassification, LabelsMustBeAsManyAsLogits) {
  const auto pipeline = TextClassificationPipeline::make(
      golden_tokenizer(), std::make_unique<FakeEncoder>(), {{"only"}, ""}
  );
  ASSERT_FALSE(pipeline);
  EXPECT_EQ(pipeline.error().message(), "[text-classification] label names, got 1, expected 2");
}

TEST(TextClassification, ImpossibleOptionsAreRefused) {
  TextClassificationOptions options;
  options.max_length = 1000;
  auto pipeline = TextClassificationPipeline::load(golden_model("bert-odd"), options);
  ASSERT_FALSE(pipeline);
  EXPECT_EQ(pipeline.error().message(), "[pipeline] maximum length, got 1000, expected 1 to 130");
  options.max_length = 0;
  options.top_k = -1;
  pipeline = TextClassificationPipeline::load(golden_model("bert-odd"), options);
  ASSERT_FALSE(pipeline);
  EXPECT_EQ(pipeline.error().code(), StatusCode::kInvalidArgument);
}

TEST(TextClassification, AMissingDirectoryIsNotFound) {
  const auto pipeline = TextClassificationPipeline::load("/nonexistent");
  ASSERT_FALSE(pipeline);
  EXPECT_EQ(pipeline.error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace martlet
