#include "server/v2/infer.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

using std::chrono::steady_clock;

ModelInfo classifier() {
  ModelInfo info;
  info.name = "mood";
  info.task = ModelTask::kTextClassification;
  info.encoder.labels = 2;
  info.labels = {"NEGATIVE", "POSITIVE"};
  return info;
}

ModelInfo embedder() {
  ModelInfo info;
  info.name = "vectors";
  info.encoder.hidden_size = 3;
  return info;
}

V2Tensor texts(std::vector<std::string> values, std::string name = "text") {
  V2Tensor tensor;
  tensor.name = std::move(name);
  tensor.shape = {static_cast<int64_t>(values.size())};
  tensor.texts = std::move(values);
  return tensor;
}

V2Tensor integers(std::string name, std::vector<int64_t> shape, std::vector<int64_t> values) {
  V2Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = V2Type::kInt64;
  tensor.shape = std::move(shape);
  tensor.integers = std::move(values);
  return tensor;
}

Result<V2Plan> plan(std::vector<V2Tensor> inputs, std::vector<V2WantedOutput> outputs = {}) {
  V2InferRequest request;
  request.inputs = std::move(inputs);
  request.outputs = std::move(outputs);
  return plan_v2(classifier(), std::move(request), steady_clock::now());
}

TEST(V2InferTest, TextsArePlanned) {
  const auto planned = plan({texts({"a", "b"}), texts({"c", "d"}, "text_pair")});
  ASSERT_TRUE(planned) << planned.error().message();
  ASSERT_EQ(planned->inputs.size(), 2U);
  EXPECT_EQ(planned->inputs[1].text, "b");
  EXPECT_EQ(planned->inputs[1].pair, "d");
  ASSERT_EQ(planned->outputs.size(), 3U);
  EXPECT_EQ(planned->outputs[0].name, "logits");
}

TEST(V2InferTest, EntitiesAreJson) {
  ModelInfo info;
  info.task = ModelTask::kTokenClassification;
  const auto outputs = v2_outputs(info);
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].name, "entities");
  TextAnswer answer;
  answer.entities = {
      {.label = "PER", .score = 0.5F, .word = "\"A\"", .characters = {1, 4}, .token = 2},
      {.label = "LOC", .score = 1, .word = "é", .characters = {5, 6}},
  };
  const auto made = make_v2_answer(info, {{"entities"}}, {answer, TextAnswer()});
  ASSERT_EQ(made.outputs.size(), 1U);
  EXPECT_EQ(made.outputs[0].type, V2Type::kBytes);
  EXPECT_EQ(made.outputs[0].shape, std::vector<int64_t>{2});
  ASSERT_EQ(made.outputs[0].texts.size(), 2U);
  EXPECT_EQ(
      made.outputs[0].texts[0],
      R"([{"label":"PER","score":0.5,"index":2,"word":"\"A\"","start":1,"end":4},)"
      R"({"label":"LOC","score":1,"word":"é","start":5,"end":6}])"
  );
  EXPECT_EQ(made.outputs[0].texts[1], "[]");
}

TEST(V2InferTest, AColumnOfTextsIsAListOfTexts) {
  V2Tensor column = texts({"a", "b"});
  column.shape = {2, 1};
  EXPECT_TRUE(plan({column}));
  column.shape = {1, 2};
  EXPECT_FALSE(plan({column}));
  column.shape = {3};
  EXPECT_FALSE(plan({column}));
}

TEST(V2InferTest, IdsLoseTheirPadding) {
  const auto planned = plan({
      integers("input_ids", {2, 3}, {1, 2, 0, 3, 4, 5}),
      integers("attention_mask", {2, 3}, {1, 1, 0, 1, 1, 1}),
      integers("token_type_ids", {2, 3}, {0, 1, 0, 0, 0, 1}),
  });
  ASSERT_TRUE(planned) << planned.error().message();
  EXPECT_EQ(planned->inputs[0].ids, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(planned->inputs[0].type_ids, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(planned->inputs[1].ids, (std::vector<int32_t>{3, 4, 5}));
}

TEST(V2InferTest, RefusesWhatMakesNoSense) {
  EXPECT_FALSE(plan({}));
  EXPECT_FALSE(plan({texts({"a"}, "txt")}));
  EXPECT_FALSE(plan({texts({"a"}), texts({"a"})}));
  EXPECT_FALSE(plan({texts({"a"}), texts({"a", "b"}, "text_pair")}));
  EXPECT_FALSE(plan({integers("text", {1}, {1})}));
  EXPECT_FALSE(plan({texts({"a"}), integers("input_ids", {1, 1}, {1})}));
  EXPECT_FALSE(plan({integers("input_ids", {1}, {1})}));
  EXPECT_FALSE(plan({integers("input_ids", {1, 0}, {})}));
  EXPECT_FALSE(plan({integers("input_ids", {1, 2}, {1, 2}), integers("attention_mask", {1, 1}, {1})}
  ));
  EXPECT_FALSE(plan({integers("input_ids", {1, 1}, {1}), integers("attention_mask", {1, 1}, {0})}));
  EXPECT_FALSE(plan({texts({"a"})}, {{"embedding"}}));
  EXPECT_FALSE(plan({texts({"a"})}, {{"score"}, {"score"}}));
}

TEST(V2InferTest, ReadsParameters) {
  const auto received = steady_clock::now();
  const auto read = [&](V2Parameters parameters) {
    V2InferRequest request;
    request.inputs = {texts({"a"})};
    request.parameters = std::move(parameters);
    return plan_v2(classifier(), std::move(request), received);
  };
  const auto planned = read({
      {"priority", int64_t{1}},
      {"timeout", int64_t{2000}},
      {"truncate", false},
      {"max_length", int64_t{7}},
      {"unknown", std::string("ignored")},
  });
  ASSERT_TRUE(planned) << planned.error().message();
  EXPECT_EQ(planned->options.priority, Priority::kInteractive);
  EXPECT_EQ(planned->options.deadline, received + std::chrono::milliseconds(2));
  EXPECT_FALSE(planned->options.truncate);
  EXPECT_EQ(planned->options.max_length, 7);
  EXPECT_FALSE(read({{"priority", int64_t{4}}}));
  EXPECT_FALSE(read({{"timeout", -1.5}}));
  EXPECT_FALSE(read({{"truncate", std::string("no")}}));
}

TEST(V2InferTest, AnswersWithWhatWasAsked) {
  std::vector<TextAnswer> answers(2);
  answers[0] = {.values = {1, 3}, .tokens = 4, .original_tokens = 9, .truncated = true};
  answers[1] = {.values = {2, 0}, .tokens = 5, .original_tokens = 5};
  const auto planned = plan({texts({"a", "b"})}, {{"label"}, {"logits"}, {"score"}});
  const V2Answer answer = make_v2_answer(classifier(), planned->outputs, answers);
  ASSERT_EQ(answer.outputs.size(), 3U);
  EXPECT_EQ(answer.outputs[0].texts, (std::vector<std::string>{"POSITIVE", "NEGATIVE"}));
  EXPECT_EQ(answer.outputs[1].shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(answer.outputs[1].numbers, (std::vector<float>{1, 3, 2, 0}));
  EXPECT_NEAR(answer.outputs[2].numbers[0], 0.880797, 1e-6);
  EXPECT_EQ(*find_parameter(answer.parameters, "truncated_texts"), V2Value(int64_t{1}));
  EXPECT_EQ(*find_parameter(answer.parameters, "original_tokens"), V2Value(int64_t{14}));
}

TEST(V2InferTest, ClassificationGivesTheBestLabels) {
  const auto planned = plan({texts({"a"})}, {{"logits", {{"classification", int64_t{5}}}}});
  ASSERT_TRUE(planned) << planned.error().message();
  const V2Answer answer = make_v2_answer(
      classifier(), planned->outputs, {{.values = {1, 3.5}, .tokens = 4, .original_tokens = 4}}
  );
  EXPECT_EQ(answer.outputs[0].type, V2Type::kBytes);
  EXPECT_EQ(answer.outputs[0].shape, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(answer.outputs[0].texts, (std::vector<std::string>{"3.5:1:POSITIVE", "1:0:NEGATIVE"}));
}

TEST(V2InferTest, EmbeddersGiveEmbeddings) {
  const auto outputs = v2_outputs(embedder());
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].shape, (std::vector<int64_t>{-1, 3}));
  const V2Answer answer = make_v2_answer(
      embedder(), {{"embedding"}}, {{.values = {1, 2, 3}, .tokens = 3, .original_tokens = 3}}
  );
  EXPECT_EQ(answer.outputs[0].numbers, (std::vector<float>{1, 2, 3}));
}

TEST(V2InferTest, RawOutputsReadBack) {
  std::string raw;
  append_raw({"label", V2Type::kBytes, {2}, {}, {"a", "bc"}}, raw);
  V2Tensor tensor;
  tensor.shape = {2};
  ASSERT_TRUE(decode_raw(raw, tensor).ok());
  EXPECT_EQ(tensor.texts, (std::vector<std::string>{"a", "bc"}));
}

TEST(V2InferTest, OneVersion) {
  EXPECT_TRUE(check_v2_version(classifier(), "").ok());
  EXPECT_TRUE(check_v2_version(classifier(), "1").ok());
  EXPECT_EQ(check_v2_version(classifier(), "2").code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace martlet
