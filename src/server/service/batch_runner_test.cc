#include "server/service/batch_runner.h"

#include <gtest/gtest.h>

#include "server/service/service_testing.h"

namespace martlet {
namespace {

std::shared_ptr<const EncodedTexts> encode(
    const LoadedModel& model, std::vector<TextInput> inputs
) {
  auto encoded = std::make_shared<EncodedTexts>();
  EXPECT_TRUE(encode_inputs(model.tokenizer, inputs, {}, text_limits(model.info), *encoded).ok());
  return encoded;
}

Result<std::vector<TextValues>> run(
    BatchRunner& runner, const std::vector<TextQuery>& queries, bool alone = true
) {
  std::vector<const TextQuery*> pointers;
  for (const TextQuery& query : queries) pointers.push_back(&query);
  std::vector<TextValues> answers(queries.size());
  if (Status status = runner.run(pointers, answers, alone); !status.ok()) return status;
  return answers;
}

TEST(BatchRunnerTest, NeighboursChangeNoBit) {
  const LoadedModel model = load_golden("bert-odd");
  BatchRunner runner(*model.encoder, model.info.pooling, 1);
  const auto texts = encode(
      model, {{.text = "good"}, {.text = "bad film", .pair = "very dull"}, {.text = "story not"}}
  );
  std::vector<TextQuery> queries;
  for (std::size_t i = 0; i < 3; ++i) queries.push_back({texts, i, AnswerKind::kLogits});
  const auto together = run(runner, queries);
  ASSERT_TRUE(together) << together.error().message();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto alone = run(runner, {queries[i]});
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->front().values, (*together)[i].values);
    EXPECT_EQ(alone->front().values.size(), 5U);
  }
}

TEST(BatchRunnerTest, OneBatchAnswersEveryKind) {
  const LoadedModel model = load_golden("bert-pooler-sharded");
  BatchRunner runner(*model.encoder, model.info.pooling, 1);
  const auto texts = encode(model, inputs_of({"good film", "bad"}));
  const auto answers =
      run(runner, {{texts, 0, AnswerKind::kTokens},
                   {texts, 1, AnswerKind::kEmbedding},
                   {texts, 0, AnswerKind::kEmbedding}});
  ASSERT_TRUE(answers) << answers.error().message();
  const auto width = static_cast<std::size_t>(model.info.encoder.hidden_size);
  EXPECT_EQ((*answers)[0].values.size(), width * static_cast<std::size_t>(texts->tokens(0)));
  EXPECT_EQ((*answers)[1].values.size(), width);
  float mean = 0;  // of the first dimension over the text's tokens
  for (std::size_t token = 0; token < static_cast<std::size_t>(texts->tokens(0)); ++token)
    mean += (*answers)[0].values[token * width];
  EXPECT_NEAR(mean / static_cast<float>(texts->tokens(0)), (*answers)[2].values[0], 1e-5);
}

TEST(BatchRunnerTest, SmallBatchesOfSeveralWorkersHaveOneThread) {
  LoadedModel model = load_golden("bert-odd");
  const FaultyEncoder& watched = make_faulty(model);
  const auto texts = encode(model, inputs_of({"good film"}));
  const std::vector<TextQuery> small(1, {texts, 0, AnswerKind::kLogits});
  const std::vector<TextQuery> large(256, small[0]);
  BatchRunner one(*model.encoder, model.info.pooling, 1);
  EXPECT_TRUE(run(one, small));
  EXPECT_EQ(watched.threads, 0) << "all";
  BatchRunner two(*model.encoder, model.info.pooling, 2);
  EXPECT_TRUE(run(two, small));
  EXPECT_EQ(watched.threads, 1);
  EXPECT_TRUE(run(two, large));
  EXPECT_EQ(watched.threads, 0) << "it is alone";
  EXPECT_TRUE(run(two, large, false));
  EXPECT_EQ(watched.threads, 1) << "it is not";
}

TEST(BatchRunnerTest, CountsFailuresInARow) {
  LoadedModel model = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(model);
  BatchRunner runner(*model.encoder, model.info.pooling, 1);
  const auto texts = encode(model, inputs_of({"good"}));
  const std::vector<TextQuery> queries{{texts, 0, AnswerKind::kLogits}};
  faulty.fails = true;
  EXPECT_FALSE(run(runner, queries));
  faulty.fails = false;
  faulty.throws = true;
  const auto thrown = run(runner, queries);
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().message().find("secret"), std::string::npos);
  EXPECT_EQ(runner.failures_in_a_row(), 2);
  faulty.throws = false;
  EXPECT_TRUE(run(runner, queries));
  EXPECT_EQ(runner.failures_in_a_row(), 0);
}

TEST(BatchRunnerTest, BatchesOfSeveralThatFailSayNothingYet) {
  LoadedModel model = load_golden("bert-odd");
  make_faulty(model).fails = true;
  BatchRunner runner(*model.encoder, model.info.pooling, 1);
  const auto texts = encode(model, inputs_of({"good", "bad"}));
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(run(runner, {{texts, 0, AnswerKind::kLogits}, {texts, 1, AnswerKind::kLogits}}));
  EXPECT_EQ(runner.failures_in_a_row(), 0);
  EXPECT_FALSE(run(runner, {{texts, 0, AnswerKind::kLogits}}));
  EXPECT_EQ(runner.failures_in_a_row(), 1);
}

TEST(BatchRunnerTest, SaysWhichValuesAreNotFinite) {
  LoadedModel model = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(model);
  faulty.gives_nan = true;
  BatchRunner runner(*model.encoder, model.info.pooling, 1);
  const auto texts = encode(model, inputs_of({"good", "bad"}));
  const auto answers =
      run(runner, {{texts, 0, AnswerKind::kLogits}, {texts, 1, AnswerKind::kLogits}});
  ASSERT_TRUE(answers);
  EXPECT_FALSE((*answers)[0].finite);
  EXPECT_TRUE((*answers)[1].finite);
}

}  // namespace
}  // namespace martlet
