// How much one request may ask for, in every dialect: what is said once and meant many times counts
// as often as it is meant.
#include <gtest/gtest.h>

#include <string>

#include "server/routes/routes_testing.h"
#include "server/service/text_pairs.h"

namespace martlet {
namespace {

constexpr const char* kClassifier = "bert-odd";
constexpr const char* kReranker = "bert-gelu-new";

/// R"("a", "a", ...)", `count` of them.
std::string many(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) list += i == 0 ? R"("a")" : R"(, "a")";
  return list;
}

TEST(LimitsTest, InputsAndTokensPerRequest) {
  ServingOptions options;
  options.max_inputs = 2;
  options.max_request_tokens = 8;
  TestServer server({kClassifier}, options);
  EXPECT_EQ(server.post("/v1/predict", R"(["a", "a"])").status, 200);
  EXPECT_EQ(server.post("/v1/predict", R"(["a", "a", "a"])").status, 400);
  EXPECT_EQ(server.post("/predict", R"({"inputs": [["a"], ["a"], ["a"]]})").status, 422);
  EXPECT_EQ(
      server.post("/v1/predict", R"({"inputs": {"ids": [1, 1, 1, 1, 1, 1, 1, 1]}})").status, 200
  );
  EXPECT_EQ(
      server.post("/v1/predict", R"({"inputs": {"ids": [1, 1, 1, 1, 1, 1, 1, 1, 1]}})").status, 400
  );
}

/// What a number of texts is asked of, and the status beyond the limit.
struct Case {
  const char* model;
  const char* path;
  std::string before, after;
  int beyond;
};

TEST(LimitsTest, TextsPerRequestOfEveryRoute) {
  const Case cases[] = {
      {kClassifier, "/v1/predict", R"({"inputs": [)", "]}", 400},
      {kClassifier, "/v1/tokenize", R"({"inputs": [)", "]}", 400},
      {kClassifier, "/tokenize", R"({"inputs": [)", "]}", 422},
      {"nli", "/v1/zero-shot", R"({"inputs": "a", "candidate_labels": [)", "]}", 400},
      {kReranker, "/v1/rerank", R"({"query": "a", "documents": [)", "]}", 400},
      {kReranker, "/rerank", R"({"query": "a", "texts": [)", "]}", 422},
  };
  ServingOptions options;
  options.max_inputs = 4;
  for (const Case& c : cases) {
    TestServer server({c.model}, options);
    for (const int texts : {3, 4, 5}) {
      const auto response = server.post(c.path, c.before + many(texts) + c.after);
      EXPECT_EQ(response.status, texts > 4 ? c.beyond : 200) << c.path << response.body;
    }
  }
  TestServer server({kClassifier}, options);
  EXPECT_EQ(server.post("/decode", R"({"ids": [[1], [1], [1], [1]]})").status, 200);
  EXPECT_EQ(server.post("/decode", R"({"ids": [[1], [1], [1], [1], [1]]})").status, 422);
}

TEST(LimitsTest, TokensOfTokenizing) {
  ServingOptions options;
  options.max_request_tokens = 6;
  TestServer server({kClassifier}, options);
  for (const char* path : {"/v1/tokenize", "/tokenize"}) {
    const int beyond = path[1] == 'v' ? 400 : 422;
    EXPECT_EQ(server.post(path, R"({"inputs": ["a", "a"]})").status, 200) << "twice three tokens";
    EXPECT_EQ(server.post(path, R"({"inputs": ["a", "a a"]})").status, beyond);
  }
}

TEST(LimitsTest, AQueryCountsWithEachText) {
  const std::string query(kMaxMeantBytes / 256, 'q');
  for (const int texts : {200, 256}) {
    TestServer server({kReranker});
    const int status = texts == 256 ? 400 : 200;
    EXPECT_EQ(
        server
            .post(
                "/v1/rerank", R"({"query": ")" + query + R"(", "documents": [)" + many(texts) + "]}"
            )
            .status,
        status
    );
    EXPECT_EQ(
        server.post("/rerank", R"({"query": ")" + query + R"(", "texts": [)" + many(texts) + "]}")
            .status,
        status == 400 ? 422 : 200
    );
  }
  TestServer server({"nli"});
  EXPECT_EQ(
      server
          .post(
              "/v1/zero-shot", R"({"inputs": "a", "hypothesis_template": "{})" + query +
                                   R"(", "candidate_labels": [)" + many(256) + "]}"
          )
          .status,
      400
  );
}

}  // namespace
}  // namespace martlet
