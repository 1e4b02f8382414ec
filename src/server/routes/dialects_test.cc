// What the dialects answer, over real (tiny) models and without sockets. Their real clients are in
// tests/server/.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "martlet/text_classification.h"
#include "martlet/token_classification.h"
#include "martlet/zero_shot_classification.h"
#include "server/routes/routes_testing.h"

namespace martlet {
namespace {

constexpr const char* kClassifier = "bert-odd";
constexpr const char* kEmbedder = "bert-pooler-sharded";
constexpr const char* kReranker = "bert-gelu-new";

double number(const boost::json::value& value) { return value.to_number<double>(); }

std::vector<double> numbers(const boost::json::value& list) {
  std::vector<double> values;
  for (const auto& value : list.as_array()) values.push_back(number(value));
  return values;
}

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

TEST(NativeTest, PredictsAsThePipelineDoes) {
  TestServer server({kClassifier});
  const auto pipeline = TextClassificationPipeline::load(served_golden(kClassifier));
  const auto expected = pipeline->run("good film");
  const auto response = server.post("/v1/predict", R"({"inputs": "good film", "top_k": 2})");
  ASSERT_EQ(response.status, 200) << response.body;
  const auto body = json_of(response);
  EXPECT_EQ(body.at("model").as_string(), kClassifier);
  const auto& result = body.at("results").at(0);
  EXPECT_EQ(result.at("label").as_string(), expected->label);
  EXPECT_EQ(static_cast<float>(number(result.at("score"))), expected->score);
  EXPECT_EQ(result.at("top").as_array().size(), 2U);
  const auto logits = numbers(result.at("logits"));
  for (std::size_t i = 0; i < logits.size(); ++i)
    EXPECT_EQ(static_cast<float>(logits[i]), expected->logits[i]);
  EXPECT_FALSE(result.at("truncated").as_bool());
  EXPECT_EQ(header_of(response, "X-Truncated-Texts"), "0");
}

TEST(NativeTest, FindsEntities) {
  TestServer server({"ner"});
  const auto response = server.post(
      "/v1/predict", R"({"inputs": ["Zürich 🙂 unknown old film", ""], "aggregation": "first"})"
  );
  ASSERT_EQ(response.status, 200) << response.body;
  TokenClassificationOptions options;
  options.entities.aggregation = Aggregation::kFirst;
  const auto pipeline = TokenClassificationPipeline::load(served_golden("ner"), options);
  const auto expected = pipeline->run("Zürich 🙂 unknown old film");
  const auto body = json_of(response);
  const auto& entities = body.at("results").at(0).at("entities").as_array();
  ASSERT_FALSE(entities.empty());
  ASSERT_EQ(entities.size(), expected->entities.size());
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const Entity& entity = expected->entities[i];
    EXPECT_EQ(entities[i].at("label").as_string(), entity.label);
    EXPECT_EQ(entities[i].at("word").as_string(), entity.word);
    EXPECT_EQ(entities[i].at("start").as_int64(), entity.characters.begin);
    EXPECT_EQ(entities[i].at("end").as_int64(), entity.characters.end);
    EXPECT_EQ(static_cast<float>(number(entities[i].at("score"))), entity.score);
  }
  EXPECT_TRUE(body.at("results").at(1).at("entities").as_array().empty());
  EXPECT_EQ(server.post("/v1/predict", R"({"inputs": "a", "aggregation": "most"})").status, 400);
  EXPECT_EQ(server.post("/v1/embed", R"({"inputs": "a"})").status, 400);
  EXPECT_EQ(server.post("/rerank", R"({"query": "a", "texts": ["b"]})").status / 100, 4);
}

TEST(NativeTest, ZeroShotAsThePipelineDoes) {
  TestServer server({"nli"});
  const auto pipeline = ZeroShotClassificationPipeline::load(served_golden("nli"));
  const std::string text = "the actor is old";
  for (const bool multi_label : {false, true}) {
    const auto expected = pipeline->run(text, {{"love", "film", "x"}, "it is {}", multi_label});
    const auto response = server.post(
        "/v1/zero-shot",
        R"({"inputs": ["the actor is old", "second"], "candidate_labels": ["love", "film", "x"],)"
        R"("hypothesis_template": "it is {}", "multi_label": )" +
            std::string(multi_label ? "true}" : "false}")
    );
    ASSERT_EQ(response.status, 200) << response.body;
    const auto body = json_of(response);
    EXPECT_EQ(body.at("results").as_array().size(), 2U);
    const auto& result = body.at("results").at(0);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(result.at("labels").at(i).as_string(), expected->labels[i].label);
      EXPECT_EQ(static_cast<float>(number(result.at("scores").at(i))), expected->labels[i].score);
    }
    EXPECT_FALSE(result.at("truncated").as_bool());
  }
}

TEST(NativeTest, ZeroShotRefusesWhatMakesNoSense) {
  TestServer server({"nli"});
  for (const char* body : {
           R"({"inputs": "a"})",
           R"({"inputs": "a", "candidate_labels": []})",
           R"({"inputs": "a", "candidate_labels": [1]})",
           R"({"inputs": "a", "candidate_labels": ["x"], "hypothesis_template": "no place"})",
           R"({"inputs": [["a", "b"]], "candidate_labels": ["x"]})",
           R"({"inputs": {"ids": [1]}, "candidate_labels": ["x"]})",
       }) {
    EXPECT_EQ(server.post("/v1/zero-shot", body).status, 400) << body;
  }
  TestServer other({kClassifier});
  const auto refused = other.post("/v1/zero-shot", R"({"inputs": "a", "candidate_labels": ["x"]})");
  EXPECT_EQ(refused.status / 100, 4) << refused.body;
}

TEST(NativeTest, ABareListGetsABareList) {
  TestServer server({kClassifier});
  for (const char* path : {"/predict", "/predict-orchestrated", "/v1/predict"}) {
    const auto response = server.post(path, R"(["good", "bad film"])");
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(json_of(response).as_array().size(), 2U);
  }
  const auto tei = json_of(server.post("/predict", R"({"inputs": "good"})"));
  EXPECT_EQ(tei.as_array().size(), 5U);  // all labels of one text
}

TEST(NativeTest, SaysWhatWasTruncated) {
  TestServer server({kReranker});  // 16 tokens
  const auto response = server.post(
      "/v1/predict", R"({"inputs": ["a b c d e f g h i j k l m n o p q r s t u v", "a"]})"
  );
  const auto body = json_of(response);
  EXPECT_TRUE(body.at("results").at(0).at("truncated").as_bool());
  EXPECT_GT(number(body.at("results").at(0).at("original_tokens")), 16);
  EXPECT_EQ(number(body.at("truncated_texts")), 1);
  EXPECT_EQ(header_of(response, "X-Truncated-Texts"), "1");
  const auto strict = server.post(
      "/v1/predict",
      R"({"inputs": "a b c d e f g h i j k l m n o p q r s t u v", "truncate": false})"
  );
  EXPECT_EQ(strict.status, 400);
}

TEST(NativeTest, StreamsOneLinePerTextInOrder) {
  TestServer server({kClassifier});
  std::string texts;
  constexpr std::size_t kTexts = 500;  // several slices
  for (std::size_t i = 0; i < kTexts; ++i)
    texts += (i == 0 ? "\"w" : ",\"w") + std::to_string(i) + "\"";
  const auto whole = json_of(server.post("/v1/predict", "[" + texts + "]")).as_array();
  const auto response =
      server.post("/v1/predict", R"({"stream": true, "inputs": [)" + texts + "]}");
  EXPECT_EQ(response.content_type, "application/x-ndjson");
  std::size_t index = 0;
  std::size_t begin = 0;
  while (begin < response.body.size()) {
    const auto end = response.body.find('\n', begin);
    const auto line = boost::json::parse(response.body.substr(begin, end - begin));
    EXPECT_EQ(number(line.at("index")), static_cast<double>(index));
    EXPECT_EQ(line.at("logits"), whole[index].at("logits"));
    begin = end + 1;
    ++index;
  }
  EXPECT_EQ(index, kTexts);
}

TEST(NativeTest, AStreamThatFailsSaysWhere) {
  TestServer server({kClassifier});
  std::string body = R"({"stream": true, "inputs": [{"ids": [1]})";
  for (int i = 0; i < 100; ++i) body += R"(,"a")";
  const auto late = server.post("/v1/predict", body + R"(,{"ids": [1000000]}]})");
  EXPECT_EQ(late.status, 200);
  EXPECT_NE(late.body.find("\"error\""), std::string::npos);
  EXPECT_EQ(server.post("/v1/predict", R"({"stream": true, "inputs": []})").status, 400);
  EXPECT_EQ(
      server.post("/v1/predict", R"({"stream": true, "inputs": {"ids": [1000000]}})").status, 400
  );
}

TEST(NativeTest, EmbedsAndTokenizes) {
  TestServer server({kEmbedder});
  const auto body =
      json_of(server.post("/v1/embed", R"({"inputs": ["good", "bad"], "normalize": true})"));
  EXPECT_EQ(body.at("embeddings").as_array().size(), 2U);
  EXPECT_NEAR(norm(numbers(body.at("embeddings").at(0))), 1, 1e-6);
  const auto tokens = json_of(server.post("/v1/tokenize", R"({"inputs": "good film"})"));
  const auto& result = tokens.at("results").at(0);
  EXPECT_EQ(result.at("ids").as_array().size(), result.at("tokens").as_array().size());
  EXPECT_TRUE(result.at("special").at(0).as_bool());
  EXPECT_EQ(result.at("offsets").at(1).at(0), 0);
}

TEST(NativeTest, OptionHeadersAreRead) {
  TestServer server({kClassifier});
  Headers headers;
  headers.add("X-Priority", "interactive");
  headers.add("X-Server-Timing", "1");
  const auto response = server.post("/v1/predict", R"(["good"])", headers);
  EXPECT_NE(header_of(response, "Server-Timing").find("run;dur="), std::string::npos);
  for (const auto& [name, value] :
       {std::pair("X-Priority", "high"), std::pair("X-Timeout-Ms", "0"),
        std::pair("X-Timeout-Ms", "5s")}) {
    Headers bad;
    bad.add(name, value);
    EXPECT_EQ(server.post("/v1/predict", R"(["good"])", bad).status, 400) << value;
  }
}

TEST(NativeTest, LargeBodiesAreReadAside) {
  TestServer server({kClassifier});
  const std::string text(100'000, 'a');
  EXPECT_EQ(server.post("/v1/predict", "[\"" + text + "\"]").status, 200);
}

TEST(TeiTest, EmbedsNormalized) {
  TestServer server({kEmbedder});
  const auto response = server.post("/embed", R"({"inputs": "good film"})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_NEAR(norm(numbers(json_of(response).at(0))), 1, 1e-6);
  EXPECT_EQ(header_of(response, "x-compute-characters"), "9");
  const auto raw = server.post("/embed", R"({"inputs": ["good film"], "normalize": false})");
  EXPECT_GT(std::abs(norm(numbers(json_of(raw).at(0))) - 1), 1e-3);
  const auto all = json_of(server.post("/embed_all", R"({"inputs": "good film"})"));
  EXPECT_GE(all.at(0).as_array().size(), 4U);
  EXPECT_EQ(all.at(0).at(0).as_array().size(), 40U);
}

TEST(TeiTest, Similarity) {
  TestServer server({kEmbedder});
  const char* body =
      R"({"inputs": {"source_sentence": "good", "sentences": ["good", "bad film"]}})";
  for (const char* path : {"/similarity", "/"}) {
    const auto scores = numbers(json_of(server.post(path, body)));
    ASSERT_EQ(scores.size(), 2U);
    EXPECT_NEAR(scores[0], 1, 1e-6);
    EXPECT_LT(scores[1], 1);
  }
}

TEST(TeiTest, PredictsInTheShapeOfItsInput) {
  TestServer server({kClassifier});
  const auto one = json_of(server.post("/predict", R"({"inputs": "good"})"));
  EXPECT_TRUE(one.at(0).is_object());
  EXPECT_GE(number(one.at(0).at("score")), number(one.at(1).at("score")));
  const auto many = json_of(server.post("/predict", R"({"inputs": [["good"], ["bad", "film"]]})"));
  EXPECT_TRUE(many.at(1).at(0).at("label").as_string().starts_with("LABEL_"));
  const auto hub = json_of(server.post("/", R"({"inputs": "good", "parameters": {}})"));
  EXPECT_TRUE(hub.at(0).is_array());
}

TEST(TeiTest, RanksBestFirst) {
  TestServer server({kReranker});
  const char* body = R"({"query": "good", "texts": ["a", "bad", "film"], "return_text": true})";
  const auto ranks = json_of(server.post("/rerank", body)).as_array();
  ASSERT_EQ(ranks.size(), 3U);
  EXPECT_GE(number(ranks[0].at("score")), number(ranks[1].at("score")));
  EXPECT_TRUE(ranks[0].at("text").is_string());
  EXPECT_GT(number(ranks[0].at("score")), 0);
  EXPECT_LT(number(ranks[0].at("score")), 1);
}

TEST(TeiTest, TokenizesAndDecodes) {
  TestServer server({kEmbedder});
  const auto tokens =
      json_of(server.post("/tokenize", R"({"inputs": "good film"})")).at(0).as_array();
  EXPECT_TRUE(tokens[0].at("special").as_bool());
  EXPECT_TRUE(tokens[0].at("start").is_null());
  EXPECT_EQ(number(tokens[1].at("start")), 0);
  std::string ids;
  for (const auto& token : tokens)
    ids += (ids.empty() ? "" : ",") + std::to_string(token.at("id").as_int64());
  const auto decoded = json_of(server.post("/decode", "{\"ids\": [" + ids + "]}"));
  EXPECT_FALSE(decoded.at(0).as_string().empty());
}

TEST(TeiTest, ErrorsHaveItsShape) {
  TestServer server({kEmbedder});
  const auto check = [&](const char* path, const char* body, int status, const char* type) {
    const auto response = server.post(path, body);
    EXPECT_EQ(response.status, status) << path << response.body;
    EXPECT_EQ(json_of(response).at("error_type").as_string(), type);
    EXPECT_TRUE(json_of(response).at("error").is_string());
  };
  check("/embed", R"({"inputs": []})", 400, "Empty");
  check("/embed", R"({"inputs": 1})", 422, "Validation");
  check("/embed", "{", 422, "Validation");
  check("/predict", R"({"inputs": "a"})", 424, "Backend");
  check("/rerank", R"({"query": "a", "texts": ["b"]})", 424, "Backend");
  EXPECT_EQ(server.get("/health").status, 200);
  EXPECT_EQ(
      json_of(server.get("/info")).at("model_type").at("embedding").at("pooling").as_string(),
      "mean"
  );
}

TEST(OpenAiTest, EmbedsInBothEncodings) {
  TestServer server({kEmbedder});
  const auto body =
      json_of(server.post("/v1/embeddings", R"({"input": "good", "model": "any/name"})"));
  const auto values = numbers(body.at("data").at(0).at("embedding"));
  EXPECT_NEAR(norm(values), 1, 1e-6);
  EXPECT_EQ(body.at("model").as_string(), kEmbedder);
  EXPECT_GT(number(body.at("usage").at("prompt_tokens")), 0);
  const auto coded = json_of(server.post(
      "/v1/embeddings", R"({"input": "good", "model": "x", "encoding_format": "base64"})"
  ));
  EXPECT_EQ(coded.at("data").at(0).at("embedding").as_string().size(), (40 * 4 + 2) / 3 * 4);
  const auto few =
      json_of(server.post("/v1/embeddings", R"({"input": "good", "model": "x", "dimensions": 5})"));
  EXPECT_EQ(few.at("data").at(0).at("embedding").as_array().size(), 5U);
}

TEST(OpenAiTest, ModelsAndErrors) {
  TestServer server({kEmbedder, kClassifier});
  const auto models = json_of(server.get("/v1/models"));
  EXPECT_EQ(models.at("data").as_array().size(), 2U);
  EXPECT_EQ(json_of(server.get("/v1/models/bert-odd")).at("id").as_string(), "bert-odd");
  const auto missing = server.get("/v1/models/none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(json_of(missing).at("error").at("code").as_string(), "model_not_found");
  EXPECT_EQ(server.post("/v1/embeddings", R"({"model": "bert-odd", "input": "a"})").status, 400);
  EXPECT_EQ(
      server.post("/v1/embeddings", R"({"model": "text-embedding-3-small", "input": "a"})").status,
      200
  );
}

TEST(RerankTest, AnswersCohereAndJina) {
  TestServer server({kReranker});
  for (const char* path : {"/v1/rerank", "/v2/rerank"}) {
    const auto response = server.post(
        path, R"({"model": "m", "query": "good", "documents": ["a", {"text": "bad"}, "film"],
                  "top_n": 2, "return_documents": true})"
    );
    ASSERT_EQ(response.status, 200) << response.body;
    const auto body = json_of(response);
    EXPECT_EQ(body.at("results").as_array().size(), 2U);
    EXPECT_TRUE(body.at("results").at(0).at("document").at("text").is_string());
    EXPECT_TRUE(body.at("results").at(0).at("relevance_score").is_number());
    EXPECT_EQ(body.at("id").as_string(), "test-id");
    const auto bad = server.post(path, R"({"query": "good"})");
    EXPECT_EQ(bad.status, 400);
    EXPECT_TRUE(json_of(bad).at("message").is_string());
  }
  TestServer classifier({kClassifier});
  EXPECT_EQ(classifier.post("/v1/rerank", R"({"query": "q", "documents": ["a"]})").status, 400);
}

TEST(ModelsTest, TheTaskChoosesWhereNoNameDoes) {
  TestServer server({kEmbedder, kClassifier});
  EXPECT_EQ(server.post("/embed", R"({"inputs": "a"})").status, 200);
  EXPECT_EQ(server.post("/predict", R"({"inputs": "a"})").status, 200);
  EXPECT_EQ(server.post("/v1/predict", R"({"inputs": "a", "model": "none"})").status, 404);
  EXPECT_EQ(server.post("/tokenize", R"({"inputs": "a"})").status, 422);
  EXPECT_EQ(server.post("/tokenize?model=bert-odd", R"({"inputs": "a"})").status, 200);
  TestServer empty({});
  EXPECT_EQ(empty.post("/v1/predict", R"(["a"])").status, 503);
  EXPECT_EQ(empty.get("/health").status, 503);
}

}  // namespace
}  // namespace martlet
