#include "martlet/token_classification.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pipelines/entities.h"
#include "pipelines/fake_encoder.h"
#include "pipelines/pipeline_testing.h"

namespace martlet {
namespace {

TokenClassificationPipeline load(const TokenClassificationOptions& options = {}) {
  auto pipeline = TokenClassificationPipeline::load(golden_model("bert-tokens"), options);
  if (!pipeline) throw std::runtime_error(pipeline.error().message());
  return *std::move(pipeline);
}

std::string told(const std::vector<Entity>& entities) {
  std::string text;
  for (const Entity& entity : entities) {
    text += entity.label + ' ' + entity.word + ' ' + std::to_string(entity.characters.begin) + '-' +
            std::to_string(entity.characters.end) + "; ";
  }
  return text;
}

/// The entities of a text whose tokens, special ones left out, have these labels.
std::string entities_of(
    std::string_view text, const std::vector<std::size_t>& chosen, Aggregation aggregation
) {
  const Tokenizer tokenizer = golden_tokenizer();
  const std::vector<std::string> labels{"O", "B-PER", "I-PER", "B-LOC", "LOC", "I-A-B"};
  Encodings encodings;
  EXPECT_TRUE(tokenizer.encode(std::span(&text, 1), {.offsets = true}, encodings).ok());
  EXPECT_EQ(encodings.ids.size(), chosen.size() + 2);
  std::vector<float> logits(encodings.ids.size() * labels.size(), 0.0F);
  // Later tokens are surer.
  for (std::size_t i = 0; i < chosen.size(); ++i)
    logits[(i + 1) * labels.size() + chosen[i]] = 3.0F + 0.5F * static_cast<float>(i);
  const EntityOptions options{.aggregation = aggregation};
  return told(
      find_entities({tokenizer, labels, options}, labelled_tokens(text, encodings, 0, logits))
  );
}

TEST(Entities, NeighboursOfOneLabelAreOne) {
  const auto simple = [](const std::vector<std::size_t>& chosen) {
    return entities_of("old film story music", chosen, Aggregation::kSimple);
  };
  EXPECT_EQ(simple({0, 0, 0, 0}), "");
  EXPECT_EQ(simple({1, 2, 2, 0}), "PER old film story 0-14; ");
  EXPECT_EQ(simple({1, 1, 2, 2}), "PER old 0-3; PER film story music 4-20; ");
  EXPECT_EQ(simple({2, 3, 4, 0}), "PER old 0-3; LOC film story 4-14; ");
  EXPECT_EQ(simple({4, 4, 0, 4}), "LOC old film 0-8; LOC music 15-20; ");
  EXPECT_EQ(simple({5, 5, 0, 0}), "A-B old film 0-8; ");
}

TEST(Entities, TokensOfAWordGetOneLabel) {
  const auto words = [](Aggregation aggregation) {
    return entities_of("oldness film", {1, 3, 0}, aggregation);  // old ##ness film
  };
  EXPECT_EQ(words(Aggregation::kNone), "B-PER old 0-3; B-LOC ##ness 3-7; ");
  EXPECT_EQ(words(Aggregation::kSimple), "PER old 0-3; LOC ##ness 3-7; ");
  EXPECT_EQ(words(Aggregation::kFirst), "PER oldness 0-7; ");
  EXPECT_EQ(words(Aggregation::kMax), "LOC oldness 0-7; ");
  EXPECT_EQ(words(Aggregation::kAverage), "LOC oldness 0-7; ");
}

TEST(Entities, UnknownWordsAreAsTheTextHasThem) {
  EXPECT_EQ(entities_of("old ☃ film", {4, 4, 4}, Aggregation::kFirst), "LOC old ☃ film 0-10; ");
}

Entity entity(int32_t begin, int32_t end, float score) {
  return {.label = "X", .score = score, .characters = {begin, end}};
}

TEST(Entities, OfOverlappingOnesTheLongestThenTheSurestStays) {
  EXPECT_EQ(told(merge_windows({})), "");
  EXPECT_EQ(told(merge_windows({entity(5, 9, 1), entity(0, 3, 1)})), "X  0-3; X  5-9; ");
  EXPECT_EQ(told(merge_windows({entity(0, 3, 1), entity(2, 8, 0)})), "X  2-8; ");
  EXPECT_EQ(told(merge_windows({entity(0, 8, 0), entity(2, 4, 1)})), "X  0-8; ");
  const auto surest = merge_windows({entity(0, 4, 0.2F), entity(0, 4, 0.7F), entity(4, 6, 1)});
  ASSERT_EQ(surest.size(), 2U);
  EXPECT_EQ(surest[0].score, 0.7F);
}

TEST(TokenClassification, ResultsAreTheSameForEveryPlan) {
  TokenClassificationOptions options;
  options.entities = {.aggregation = Aggregation::kSimple, .ignore_labels = {}};
  options.max_length = 16;
  options.stride = 3;
  const auto pipeline = load(options);
  const auto texts = random_texts(300);
  const auto want =
      pipeline.run(views_of(texts), {.order = BatchPlan::Order::kSerial, .batch_tokens = 1});
  ASSERT_TRUE(want) << want.error().message();
  for (const auto order : {BatchPlan::Order::kParallel, BatchPlan::Order::kGrouped}) {
    const auto got = pipeline.run(
        views_of(texts), {.order = order, .batch_tokens = 200, .threads = 3, .window = 70}
    );
    ASSERT_TRUE(got) << got.error().message();
    ASSERT_EQ(got->size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(told((*got)[i].entities), told((*want)[i].entities)) << texts[i];
      for (std::size_t e = 0; e < (*got)[i].entities.size(); ++e)
        ASSERT_EQ((*got)[i].entities[e].score, (*want)[i].entities[e].score);
    }
  }
}

TEST(TokenClassification, LongTextsAreCutUnlessThereIsAStride) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "good ";
  TokenClassificationOptions options;
  options.entities.ignore_labels = {};
  const auto cut = load(options).run(text);
  ASSERT_TRUE(cut) << cut.error().message();
  EXPECT_TRUE(cut->truncated);
  EXPECT_LT(cut->entities.back().characters.end, 700);
  options.stride = 5;
  const auto whole = load(options).run(text);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_FALSE(whole->truncated);
  EXPECT_EQ(whole->entities.back().characters.end, 1499);
}

TEST(TokenClassification, OtherModelsAndOptionsAreRefused) {
  const auto refused = [](const char* model, const TokenClassificationOptions& options) {
    const auto pipeline = TokenClassificationPipeline::load(golden_model(model), options);
    return pipeline ? StatusCode::kOk : pipeline.error().code();
  };
  EXPECT_EQ(refused("bert-odd", {}), StatusCode::kInvalidModel);
  EXPECT_EQ(refused("bert-pooler-sharded", {}), StatusCode::kInvalidModel);
  TokenClassificationOptions options;
  options.stride = 128;
  EXPECT_EQ(refused("bert-tokens", options), StatusCode::kInvalidArgument);
  options.stride = -1;
  EXPECT_EQ(refused("bert-tokens", options), StatusCode::kInvalidArgument);
  options.stride = 5;
  EXPECT_EQ(refused("bert-tokens", options), StatusCode::kOk);
  options.entities.aggregation = Aggregation::kNone;
  EXPECT_EQ(refused("bert-tokens", options), StatusCode::kInvalidArgument);
}

TEST(TokenClassification, AStrideThatLeavesNoRoomFailsTheInputThatNeedsIt) {
  TokenClassificationOptions options;
  options.max_length = 8;
  options.stride = 6;  // of six tokens of text
  const auto pipeline = load(options);
  EXPECT_TRUE(pipeline.run("good film"));
  const std::vector<std::string_view> texts{"good", "good old film of the true love and death"};
  const auto results = pipeline.run(texts);
  ASSERT_FALSE(results);
  EXPECT_TRUE(results.error().message().starts_with("[input 2, tokenizer] stride, got 6"))
      << results.error().message();
}

TEST(TokenClassification, PairsAreRefused) {
  const auto source = [&, done = false](TextBlock& block) mutable {
    if (!std::exchange(done, true)) block.add("a", "b");
    return Status();
  };
  const auto sink = [](std::span<const TokenClassification>) { return Status(); };
  EXPECT_EQ(load().stream(source, sink).code(), StatusCode::kInvalidArgument);
}

TEST(Aggregation, HasNames) {
  for (const char* name : {"none", "simple", "first", "average", "max"})
    EXPECT_EQ(to_string(*parse_aggregation(name)), name);
  EXPECT_FALSE(parse_aggregation("median"));
}

}  // namespace
}  // namespace martlet
