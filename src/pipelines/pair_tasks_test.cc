// Tasks on pairs of texts: reranking, zero-shot classification, similarity.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "martlet/embedding.h"
#include "martlet/rerank.h"
#include "martlet/zero_shot_classification.h"
#include "pipelines/fake_encoder.h"
#include "pipelines/pipeline_testing.h"
#include "pipelines/text_input.h"
#include "pipelines/zero_shot.h"

namespace martlet {
namespace {

/// Two logits; the labels are what each test says.
ZeroShotClassificationPipeline fake_zero_shot(std::vector<std::string> labels) {
  auto pipeline = ZeroShotClassificationPipeline::make(
      golden_tokenizer(), std::make_unique<FakeEncoder>(), std::move(labels),
      {.encoder = {}, .max_length = 24}
  );
  if (!pipeline) throw std::runtime_error(pipeline.error().message());
  return *std::move(pipeline);
}

TEST(ZeroShot, TheLabelsSayWhichLogitsCount) {
  const auto ids = [](const std::vector<std::string>& labels) {
    const auto found = find_inference_labels(labels);
    return found ? std::to_string(found->entailment) + std::to_string(found->contradiction) : "";
  };
  EXPECT_EQ(ids({"contradiction", "neutral", "entailment"}), "20");
  EXPECT_EQ(ids({"Entailment", "neutral", "contradiction"}), "02");
  EXPECT_EQ(ids({"no", "ENTAILS", "entailment"}), "10");
  EXPECT_EQ(ids({"no", "yes"}), "");
  EXPECT_EQ(ids({"entailment"}), "");
  EXPECT_EQ(ids({"", "entail"}), "10");
}

TEST(ZeroShot, TemplatesHaveOnePlaceForTheLabel) {
  const auto made = [](std::string text) {
    const auto hypotheses = make_hypotheses({{"a", "{b}"}, std::move(text), false});
    return hypotheses ? (*hypotheses)[0] + '|' + (*hypotheses)[1] : "refused";
  };
  EXPECT_EQ(made("{}"), "a|{b}");
  EXPECT_EQ(made("This is {}."), "This is a.|This is {b}.");
  EXPECT_EQ(made("This is it."), "refused");
  EXPECT_EQ(made("{} or {}"), "refused");
  EXPECT_EQ(made("{0}"), "refused");
  EXPECT_EQ(made("{{}}"), "refused");
  EXPECT_FALSE(make_hypotheses({}));
}

TEST(ZeroShot, ManyTextsAndLabelsInAnyPlan) {
  const auto pipeline = fake_zero_shot({"contradiction", "entailment"});
  const auto texts = random_texts(90);
  const CandidateLabels candidates{.labels = {"old", "film", "story"}, .multi_label = true};
  const auto want = pipeline.run(
      views_of(texts), candidates, {.order = BatchPlan::Order::kSerial, .batch_tokens = 1}
  );
  ASSERT_TRUE(want) << want.error().message();
  ASSERT_EQ(want->size(), texts.size());
  // Windows of 50 pairs do not end where a text does.
  const auto got = pipeline.run(views_of(texts), candidates, {.threads = 3, .window = 50});
  ASSERT_TRUE(got) << got.error().message();
  ASSERT_EQ(got->size(), texts.size());
  std::size_t cut = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto alone = pipeline.run(texts[i], candidates);
    ASSERT_EQ((*got)[i].labels.size(), 3U);
    EXPECT_EQ((*got)[i].truncated, alone->truncated) << texts[i];
    cut += alone->truncated ? 1 : 0;
    for (std::size_t rank = 0; rank < 3; ++rank) {
      EXPECT_EQ((*got)[i].labels[rank].label, (*want)[i].labels[rank].label);
      EXPECT_EQ((*got)[i].labels[rank].score, (*want)[i].labels[rank].score);
      EXPECT_EQ((*got)[i].labels[rank].score, alone->labels[rank].score);
    }
  }
  EXPECT_GT(cut, 10U);
  EXPECT_LT(cut, 80U);
}

TEST(ZeroShot, AFailureNamesTheTextNotThePair) {
  const auto pipeline = fake_zero_shot({"contradiction", "entailment"});
  std::string label;
  for (int i = 0; i < 40; ++i) label += "old ";  // leaves no room for a text
  std::size_t delivered = 0;
  const auto sink = [&](std::span<const ZeroShotClassification> rows) {
    delivered += rows.size();
    return Status();
  };
  std::size_t texts = 0;
  const auto source = [&](TextBlock& block) -> Status {
    if (++texts > 5) return {StatusCode::kIo, "[disk] gone"};
    block.add("good film");
    return {};
  };
  const Status gone = pipeline.stream(source, {.labels = {"a", "b"}}, sink);
  EXPECT_EQ(gone.code(), StatusCode::kIo);
  EXPECT_EQ(delivered, 5U);
  const auto refused = pipeline.run("good film", {.labels = {"a", label}});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().starts_with("[input 1, tokenizer] truncation"))
      << refused.error().message();
}

TEST(ZeroShot, AModelWithoutEntailmentIsRefused) {
  for (const char* name : {"bert-odd", "bert-tokens", "bert-pooler-sharded"}) {
    const auto pipeline = ZeroShotClassificationPipeline::load(golden_model(name));
    ASSERT_FALSE(pipeline);
    EXPECT_EQ(pipeline.error().code(), StatusCode::kInvalidModel) << pipeline.error().message();
  }
}

TEST(Rerank, OnlyModelsOfOneOrTwoLabels) {
  EXPECT_TRUE(RerankPipeline::load(golden_model("bert-gelu-new")));
  EXPECT_TRUE(RerankPipeline::load(golden_model("bert-gamma-beta")));
  for (const char* name : {"bert-odd", "bert-tokens", "bert-pooler-sharded"}) {
    const auto pipeline = RerankPipeline::load(golden_model(name));
    ASSERT_FALSE(pipeline);
    EXPECT_EQ(pipeline.error().code(), StatusCode::kInvalidModel) << pipeline.error().message();
  }
}

TEST(Rerank, SingleTextsAreRefused) {
  const auto pipeline = RerankPipeline::load(golden_model("bert-gelu-new"));
  ASSERT_TRUE(pipeline);
  const std::vector<std::string_view> texts{"old film"};
  const auto sink = [](std::span<const Relevance>) { return Status(); };
  EXPECT_EQ(pipeline->stream(source_of(texts), sink).code(), StatusCode::kInvalidArgument);
}

TEST(Rerank, NoDocumentsIsNoRanking) {
  const auto pipeline = RerankPipeline::load(golden_model("bert-gelu-new"));
  const auto ranking = pipeline->rank("film", {});
  ASSERT_TRUE(ranking);
  EXPECT_TRUE(ranking->empty());
}

TEST(Similarity, OfATextWithItselfIsOneAndLongTextsAreCut) {
  const auto pipeline = EmbeddingPipeline::load(golden_model("bert-pooler-sharded"));
  std::string text;
  for (int i = 0; i < 300; ++i) text += "good ";
  const std::vector<TextPair> pairs{{"old film", "old film"}, {"old film", text}};
  const auto results = pipeline->similarity(pairs);
  ASSERT_TRUE(results) << results.error().message();
  EXPECT_NEAR((*results)[0].cosine, 1, 1e-6);
  EXPECT_LT((*results)[1].cosine, 0.999);
  EXPECT_FALSE((*results)[0].truncated);
  EXPECT_TRUE((*results)[1].truncated);
}

}  // namespace
}  // namespace martlet
