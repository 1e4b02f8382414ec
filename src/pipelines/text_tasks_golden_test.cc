// The pipelines against transformers and sentence-transformers: tests/golden/text_tasks/, written
// by tools/make_golden_text_tasks.py.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "martlet/embedding.h"
#include "martlet/rerank.h"
#include "martlet/text_classification.h"
#include "martlet/token_classification.h"
#include "martlet/zero_shot_classification.h"
#include "pipelines/pipeline_testing.h"

namespace martlet {
namespace {

namespace bj = boost::json;

const std::filesystem::path kFolder =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "text_tasks";

const bj::object& answers() {
  static const bj::object all = [] {
    std::ostringstream text;
    text << std::ifstream(kFolder / "answers.json").rdbuf();
    return bj::parse(text.str()).as_object();
  }();
  return all;
}

float tolerance() { return answers().at("tolerance").to_number<float>(); }

std::vector<std::string> strings(const bj::value& list) {
  return bj::value_to<std::vector<std::string>>(list);
}

std::vector<float> numbers(const bj::value& list) { return bj::value_to<std::vector<float>>(list); }

TokenClassificationOptions options_of(const bj::object& wanted) {
  TokenClassificationOptions options;
  options.entities.aggregation = *parse_aggregation(wanted.at("aggregation").as_string());
  if (const auto* labels = wanted.if_contains("ignore_labels"))
    options.entities.ignore_labels = strings(*labels);
  if (const auto* stride = wanted.if_contains("stride"))
    options.stride = stride->to_number<int32_t>();
  return options;
}

void expect_entities(const std::vector<Entity>& got, const bj::array& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const bj::object& entity = want[i].as_object();
    EXPECT_EQ(got[i].label, std::string(entity.at("label").as_string()));
    EXPECT_EQ(got[i].word, std::string(entity.at("word").as_string()));
    EXPECT_EQ(got[i].characters.begin, entity.at("start").as_int64());
    EXPECT_EQ(got[i].characters.end, entity.at("end").as_int64());
    EXPECT_EQ(got[i].token, entity.contains("index") ? entity.at("index").as_int64() : -1);
    EXPECT_NEAR(got[i].score, entity.at("score").to_number<float>(), tolerance());
  }
}

TEST(TextTasksGolden, EntitiesAreThoseOfTransformers) {
  const auto texts = strings(answers().at("texts"));
  for (const auto& [model, cases] : answers().at("token_classification").as_object()) {
    for (const bj::value& wanted : cases.as_array()) {
      const auto options = options_of(wanted.as_object());
      const auto pipeline =
          TokenClassificationPipeline::load(kFolder / std::string(model), options);
      ASSERT_TRUE(pipeline) << pipeline.error().message();
      const auto results = pipeline->run(views_of(texts));
      ASSERT_TRUE(results) << results.error().message();
      for (std::size_t i = 0; i < texts.size(); ++i) {
        SCOPED_TRACE(
            std::string(model) + ' ' + std::string(to_string(options.entities.aggregation)) +
            " stride " + std::to_string(options.stride.value_or(-1)) + ": " + texts[i]
        );
        expect_entities((*results)[i].entities, wanted.at("entities").at(i).as_array());
      }
    }
  }
}

TEST(TextTasksGolden, EntitiesAreWhereTheySayInBytesToo) {
  const auto texts = strings(answers().at("texts"));
  const auto pipeline = TokenClassificationPipeline::load(kFolder / "ner-bytes");
  ASSERT_TRUE(pipeline);
  const auto results = pipeline->run(views_of(texts));
  ASSERT_TRUE(results);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const Entity& entity : (*results)[i].entities) {
      const auto characters_before = [&](int32_t bytes) {
        return std::count_if(texts[i].begin(), texts[i].begin() + bytes, [](char byte) {
          return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
        });
      };
      EXPECT_EQ(characters_before(entity.bytes.begin), entity.characters.begin);
      EXPECT_EQ(characters_before(entity.bytes.end), entity.characters.end);
    }
  }
}

TEST(TextTasksGolden, ClassesAreThoseOfTransformers) {
  const auto texts = strings(answers().at("texts"));
  for (const auto& [model, wanted] : answers().at("text_classification").as_object()) {
    TextClassificationOptions options;
    options.top_k = 0;
    const auto pipeline = TextClassificationPipeline::load(kFolder / std::string(model), options);
    ASSERT_TRUE(pipeline) << pipeline.error().message();
    const auto results = pipeline->run(views_of(texts));
    ASSERT_TRUE(results) << results.error().message();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      SCOPED_TRACE(std::string(model) + ": " + texts[i]);
      const bj::array& want = wanted.at(i).as_array();
      const auto& got = (*results)[i].top;
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t rank = 0; rank < got.size(); ++rank) {
        EXPECT_EQ(got[rank].label, std::string(want[rank].at("label").as_string()));
        EXPECT_NEAR(got[rank].score, want[rank].at("score").to_number<float>(), tolerance());
      }
    }
  }
}

TEST(TextTasksGolden, ZeroShotClassesAreThoseOfTransformers) {
  const auto texts = strings(answers().at("questions"));
  for (const auto& [model, cases] : answers().at("zero_shot").as_object()) {
    const auto pipeline = ZeroShotClassificationPipeline::load(kFolder / std::string(model));
    ASSERT_TRUE(pipeline) << pipeline.error().message();
    for (const bj::value& wanted : cases.as_array()) {
      const CandidateLabels candidates{
          .labels = strings(wanted.at("candidates")),
          .hypothesis_template = std::string(wanted.at("template").as_string()),
          .multi_label = wanted.at("multi_label").as_bool(),
      };
      const auto results = pipeline->run(views_of(texts), candidates);
      ASSERT_TRUE(results) << results.error().message();
      for (std::size_t i = 0; i < texts.size(); ++i) {
        SCOPED_TRACE(std::string(model) + ", " + candidates.hypothesis_template + ": " + texts[i]);
        const auto labels = strings(wanted.at("labels").at(i));
        const auto scores = numbers(wanted.at("scores").at(i));
        ASSERT_EQ((*results)[i].labels.size(), labels.size());
        for (std::size_t rank = 0; rank < labels.size(); ++rank) {
          EXPECT_EQ((*results)[i].labels[rank].label, labels[rank]);
          EXPECT_NEAR((*results)[i].labels[rank].score, scores[rank], tolerance());
        }
      }
    }
  }
}

std::vector<std::vector<std::string>> pairs_of_answers() {
  std::vector<std::vector<std::string>> pairs;
  for (const bj::value& pair : answers().at("pairs").as_array()) pairs.push_back(strings(pair));
  return pairs;
}

std::vector<TextPair> views_of_pairs(const std::vector<std::vector<std::string>>& pairs) {
  std::vector<TextPair> views;
  for (const auto& pair : pairs) views.push_back({pair[0], pair[1]});
  return views;
}

TEST(TextTasksGolden, RelevanceIsThatOfCrossEncoder) {
  const auto pairs = pairs_of_answers();
  for (const auto& [model, wanted] : answers().at("rerank").as_object()) {
    for (const char* kind : {"scores", "logits"}) {
      if (!wanted.as_object().contains(kind)) continue;
      RerankOptions options;
      if (std::string_view(kind) == "logits") options.function = ScoreFunction::kNone;
      const auto pipeline = RerankPipeline::load(kFolder / std::string(model), options);
      ASSERT_TRUE(pipeline) << pipeline.error().message();
      const auto results = pipeline->run(views_of_pairs(pairs));
      ASSERT_TRUE(results) << results.error().message();
      const auto scores = numbers(wanted.at(kind));
      ASSERT_EQ(results->size(), scores.size());
      for (std::size_t i = 0; i < scores.size(); ++i)
        EXPECT_NEAR((*results)[i].score, scores[i], tolerance()) << model << ' ' << kind << i;
    }
  }
}

TEST(TextTasksGolden, RankingIsThatOfCrossEncoder) {
  const auto pipeline = RerankPipeline::load(kFolder / "rerank");
  ASSERT_TRUE(pipeline);
  const auto documents = strings(answers().at("documents"));
  const std::string query(answers().at("query").as_string());
  const auto want =
      bj::value_to<std::vector<std::size_t>>(answers().at("rerank").at("rerank").at("ranking"));
  for (const std::size_t top_k : {std::size_t{0}, std::size_t{3}, std::size_t{100}}) {
    const auto ranking = pipeline->rank(query, views_of(documents), top_k);
    ASSERT_TRUE(ranking) << ranking.error().message();
    ASSERT_EQ(ranking->size(), top_k == 3 ? 3U : want.size());
    for (std::size_t i = 0; i < ranking->size(); ++i) EXPECT_EQ((*ranking)[i].index, want[i]);
  }
}

TEST(TextTasksGolden, SimilarityIsThatOfSentenceTransformers) {
  for (const auto& [model, wanted] : answers().at("similarity").as_object()) {
    const auto pipeline = EmbeddingPipeline::load(golden_model(model));
    ASSERT_TRUE(pipeline) << pipeline.error().message();
    const auto pairs = pairs_of_answers();
    const auto results = pipeline->similarity(views_of_pairs(pairs));
    ASSERT_TRUE(results) << results.error().message();
    const auto want = numbers(wanted);
    ASSERT_EQ(results->size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i)
      EXPECT_NEAR((*results)[i].cosine, want[i], tolerance()) << model << ' ' << i;
  }
}

}  // namespace
}  // namespace martlet
