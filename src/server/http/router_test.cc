#include "server/http/router.h"

#include <gtest/gtest.h>

#include "server/http/capture.h"

namespace martlet {
namespace {

Handler says(std::string word) {
  return [word = std::move(word)](HttpRequest&& request, Responder&& responder) {
    std::string body = word;
    for (const auto& [name, value] : request.path_parameters) body += " " + name + "=" + value;
    responder.send({.body = body});
  };
}

HttpResponse ask(const Router& router, std::string method, std::string path) {
  return answer(router, {.method = std::move(method), .path = std::move(path)});
}

Router example() {
  Router router;
  router.add("POST", "/predict", says("predict"));
  router.add("GET", "/v2/models/{model}", says("metadata"));
  router.add("GET", "/v2/models/{model}/ready", says("ready"));
  router.add("POST", "/v2/models/{model}/versions/{version}/infer", says("infer"));
  router.add("GET", "/v2/models/stats", says("stats"));
  router.set_error_shape("/v2", [](int, std::string_view message) {
    return HttpResponse{.body = "v2: " + std::string(message)};
  });
  return router;
}

TEST(Router, FindsRoutesByMethodAndPath) {
  const Router router = example();
  EXPECT_EQ(ask(router, "POST", "/predict").body, "predict");
  EXPECT_EQ(ask(router, "GET", "/v2/models/m").body, "metadata model=m");
  EXPECT_EQ(ask(router, "GET", "/v2/models/m/ready").body, "ready model=m");
  EXPECT_EQ(ask(router, "POST", "/v2/models/m/versions/1/infer").body, "infer model=m version=1");
}

TEST(Router, LiteralRoutesWinOverPatterns) {
  EXPECT_EQ(ask(example(), "GET", "/v2/models/stats").body, "stats");
}

TEST(Router, DecodesPathParameters) {
  EXPECT_EQ(ask(example(), "GET", "/v2/models/a%2Fb%20c").body, "metadata model=a/b c");
  EXPECT_EQ(ask(example(), "GET", "/v2/models/a%2").status, 400);
  EXPECT_EQ(ask(example(), "GET", "/v2/models/%zz").status, 400);
}

TEST(Router, HeadGoesToGet) { EXPECT_EQ(ask(example(), "HEAD", "/v2/models/m").status, 200); }

TEST(Router, UnknownPathIs404InTheShapeOfItsDialect) {
  const Router router = example();
  EXPECT_EQ(ask(router, "GET", "/nothing").status, 404);
  EXPECT_TRUE(ask(router, "GET", "/nothing").body.starts_with(R"({"error":"there)"));
  EXPECT_EQ(ask(router, "GET", "/v2/nothing").status, 404);
  EXPECT_TRUE(ask(router, "GET", "/v2/nothing").body.starts_with("v2: "));
  EXPECT_FALSE(ask(router, "GET", "/v2x").body.starts_with("v2: ")) << "whole segments only";
  EXPECT_EQ(ask(router, "GET", "/v2/models//ready").status, 404) << "a name is not empty";
}

TEST(Router, WrongMethodIs405WithAllow) {
  const HttpResponse post = ask(example(), "POST", "/v2/models/m");
  EXPECT_EQ(post.status, 405);
  ASSERT_EQ(post.headers.size(), 1U);
  EXPECT_EQ(post.headers[0].first, "Allow");
  EXPECT_EQ(post.headers[0].second, "GET, HEAD");
}

TEST(Responder, DroppedUnansweredIs500) {
  Router router;
  router.add("GET", "/", [](HttpRequest&&, Responder&&) {});
  const auto capture = std::make_shared<ResponseCapture>();
  {
    const Responder dropped(capture);
  }
  EXPECT_EQ(capture->wait().status, 500);
}

TEST(Responder, TellsWhenTheClientLeaves) {
  const auto capture = std::make_shared<ResponseCapture>();
  Responder responder(capture);
  int told = 0;
  responder.on_client_gone([&] { ++told; });
  EXPECT_FALSE(responder.client_gone());
  capture->leave();
  capture->leave();
  EXPECT_TRUE(responder.client_gone());
  EXPECT_EQ(told, 1);
}

TEST(Headers, CompareWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  EXPECT_EQ(headers.get("content-type"), "text/plain");
  EXPECT_EQ(headers.find("content"), nullptr);
}

TEST(Query, FindsAndDecodes) {
  EXPECT_EQ(query_parameter("a=1&b=x%20y&c", "b"), "x y");
  EXPECT_EQ(query_parameter("a=1&b=x", "c"), "");
  EXPECT_EQ(query_parameter("a=%z", "a"), "");
}

}  // namespace
}  // namespace martlet
