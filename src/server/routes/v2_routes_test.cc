// The V2 protocol's conformance cases over REST, without sockets.
#include <gtest/gtest.h>

#include <cstring>

#include "server/routes/routes_testing.h"

namespace martlet {
namespace {

constexpr const char* kModel = "bert-odd";

std::string infer_body(std::string_view extra = "") {
  return R"({"id": "42", "inputs": [{"name": "text", "shape": [2], "datatype": "BYTES",)"
         R"( "data": ["good", "bad film"]}])" +
         std::string(extra) + "}";
}

const boost::json::value* output(const boost::json::value& body, std::string_view name) {
  for (const auto& tensor : body.at("outputs").as_array()) {
    if (tensor.at("name").as_string() == name) return &tensor;
  }
  return nullptr;
}

TEST(V2RoutesTest, EveryCallWithAndWithoutVersion) {
  TestServer server({kModel});
  for (const char* path :
       {"/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models/bert-odd",
        "/v2/models/bert-odd/ready", "/v2/models/bert-odd/versions/1",
        "/v2/models/bert-odd/versions/1/ready", "/v2/models/bert-odd/stats", "/v2/models/stats",
        "/v2/models/bert-odd/config"}) {
    const auto response = server.get(path);
    EXPECT_EQ(response.status, 200) << path << response.body;
    EXPECT_TRUE(json_of(response).is_object()) << path;
  }
  for (const char* path : {"/v2/models/bert-odd/infer", "/v2/models/bert-odd/versions/1/infer"})
    EXPECT_EQ(server.post(path, infer_body()).status, 200);
  for (const char* path :
       {"/v2/models/none", "/v2/models/none/ready", "/v2/models/bert-odd/versions/2"}) {
    const auto response = server.get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_TRUE(json_of(response).at("error").is_string());
  }
  EXPECT_EQ(server.post("/v2/models/bert-odd/versions/7/infer", infer_body()).status, 404);
}

TEST(V2RoutesTest, AnswersAllOutputsAndEchoesTheId) {
  TestServer server({kModel});
  const auto body = json_of(server.post("/v2/models/bert-odd/infer", infer_body()));
  EXPECT_EQ(body.at("id").as_string(), "42");
  EXPECT_EQ(body.at("model_name").as_string(), kModel);
  EXPECT_EQ(body.at("outputs").as_array().size(), 3U);
  EXPECT_EQ(output(body, "logits")->at("data").as_array().size(), 10U);
  EXPECT_EQ(output(body, "label")->at("data").as_array().size(), 2U);
  EXPECT_EQ(body.at("parameters").at("truncated_texts"), 0);
  const auto predicted = json_of(server.post("/v1/predict", R"(["good"])"));
  EXPECT_EQ(output(body, "label")->at("data").at(0), predicted.at(0).at("label"));
}

TEST(V2RoutesTest, OutputsInTheOrderAsked) {
  TestServer server({kModel});
  const auto body = json_of(server.post(
      "/v2/models/bert-odd/infer",
      infer_body(R"(, "outputs": [{"name": "score"}, {"name": "logits"}])")
  ));
  ASSERT_EQ(body.at("outputs").as_array().size(), 2U);
  EXPECT_EQ(body.at("outputs").at(0).at("name").as_string(), "score");
  EXPECT_EQ(
      server.post("/v2/models/bert-odd/infer", infer_body(R"(, "outputs": [{"name": "none"}])"))
          .status,
      400
  );
}

TEST(V2RoutesTest, BinaryOutputsFollowTheJson) {
  TestServer server({kModel});
  const auto plain = json_of(server.post("/v2/models/bert-odd/infer", infer_body()));
  const auto response = server.post(
      "/v2/models/bert-odd/infer",
      infer_body(
          R"(, "parameters": {"binary_data_output": true},)"
          R"( "outputs": [{"name": "logits"}, {"name": "score", "parameters": {"binary_data": false}}])"
      )
  );
  ASSERT_EQ(response.status, 200) << response.body;
  const auto size = std::stoul(header_of(response, "Inference-Header-Content-Length"));
  const auto body = boost::json::parse(response.body.substr(0, size));
  EXPECT_EQ(output(body, "logits")->at("parameters").at("binary_data_size"), 40);
  EXPECT_TRUE(output(body, "score")->at("data").is_array());
  ASSERT_EQ(response.body.size(), size + 40);
  float first = 0;
  std::memcpy(&first, response.body.data() + size, sizeof first);
  EXPECT_EQ(
      first, static_cast<float>(output(plain, "logits")->at("data").at(0).to_number<double>())
  );
}

TEST(V2RoutesTest, ARawBodyIsOneText) {
  TestServer server({kModel});
  Headers headers;
  headers.add("Inference-Header-Content-Length", "0");
  const auto response = server.post("/v2/models/bert-odd/infer", "good film", headers);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_FALSE(header_of(response, "Inference-Header-Content-Length").empty());
}

TEST(V2RoutesTest, MistakesAre400WithAnError) {
  TestServer server({kModel});
  for (const char* body : {
           "",
           "[]",
           "{}",
           R"({"inputs": []})",
           R"({"inputs": [{"name": "text", "shape": [2], "datatype": "BYTES", "data": ["a"]}]})",
           R"({"inputs": [{"name": "txt", "shape": [1], "datatype": "BYTES", "data": ["a"]}]})",
           R"({"inputs": [{"name": "text", "shape": [1], "datatype": "FP32", "data": [1]}]})",
           R"({"inputs": [{"name": "text", "shape": [0], "datatype": "BYTES", "data": []}]})",
       }) {
    const auto response = server.post("/v2/models/bert-odd/infer", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_TRUE(json_of(response).at("error").is_string());
  }
}

TEST(V2RoutesTest, MetadataHasOpenDimensions) {
  TestServer server({kModel});
  const auto body = json_of(server.get("/v2/models/bert-odd"));
  EXPECT_EQ(body.at("inputs").at(0).at("shape").at(0), -1);
  EXPECT_EQ(body.at("outputs").at(0).at("shape").at(1), 5);
  EXPECT_EQ(body.at("versions").at(0).as_string(), "1");
}

TEST(V2RoutesTest, StatisticsCount) {
  TestServer server({kModel});
  server.post("/v2/models/bert-odd/infer", infer_body());
  const auto stats = json_of(server.get("/v2/models/bert-odd/stats")).at("model_stats").at(0);
  EXPECT_EQ(stats.at("inference_count"), 2);
  EXPECT_EQ(stats.at("inference_stats").at("success").at("count"), 1);
}

TEST(AdminTest, LoadsReloadsAndUnloads) {
  TestServer server({kModel});
  const std::string path = served_golden("bert-pooler-sharded").string();
  EXPECT_EQ(server.get("/v2/models/new").status, 404);
  EXPECT_EQ(
      server
          .post_admin(
              "/v2/repository/models/new/load", R"({"parameters": {"path": ")" + path + R"("}})"
          )
          .status,
      200
  );
  EXPECT_EQ(server.get("/v2/models/new/ready").status, 200);
  EXPECT_EQ(server.post_admin("/v2/repository/models/new/load").status, 200);
  EXPECT_EQ(json_of(server.post("/v2/repository/index", "{}")).as_array().size(), 2U);
  EXPECT_EQ(server.post_admin("/v2/repository/models/new/unload", "{}").status, 200);
  EXPECT_EQ(server.post_admin("/v2/repository/models/new/unload").status, 404);
  EXPECT_EQ(server.post_admin("/v2/repository/models/none/load").status, 404);
  EXPECT_EQ(
      server
          .post_admin("/v2/repository/models/x/load", R"({"parameters": {"file:1/model": "AA=="}})")
          .status,
      400
  );
  // The public router does not load.
  EXPECT_EQ(server.post("/v2/repository/models/bert-odd/load", "{}").status, 404);
}

TEST(AdminTest, AFailedLoadShowsInTheIndex) {
  TestServer server({kModel});
  EXPECT_EQ(
      server.post_admin("/v2/repository/models/bad/load", R"({"parameters": {"path": "/nowhere"}})")
          .status,
      400
  );
  const auto index = json_of(server.post("/v2/repository/index", "")).as_array();
  EXPECT_EQ(index[0].at("state").as_string(), "UNAVAILABLE");
  EXPECT_EQ(index[0].at("reason").as_string().find("/nowhere"), std::string::npos);
  EXPECT_EQ(server.get("/v2/health/ready").status, 503);
  EXPECT_FALSE(json_of(server.get("/v2/health/ready")).at("ready").as_bool());
  EXPECT_EQ(
      json_of(server.post("/v2/repository/index", R"({"ready": true})")).as_array().size(), 1U
  );
}

}  // namespace
}  // namespace martlet
