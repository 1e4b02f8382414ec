#include "bench/load_request.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

TEST(LoadRequest, TakesUrlsApart) {
  const auto plain = parse_load_target("http://127.0.0.1:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(plain->path, "");
  const auto full = parse_load_target("http://[::1]:9/classify");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 9);
  EXPECT_EQ(full->path, "/classify");
  EXPECT_EQ(parse_load_target("http://localhost/")->port, 80);
}

TEST(LoadRequest, RefusesWhatIsNoUrl) {
  for (const char* url :
       {"", "localhost:80", "https://localhost", "http://", "http://:80", "http://a:", "http://a:x",
        "http://a:99999"}) {
    EXPECT_EQ(parse_load_target(url).status().code(), StatusCode::kInvalidArgument) << url;
  }
}

TEST(LoadRequest, PutsTheTextIntoTheBodyAsJson) {
  const LoadTarget target{.host = "127.0.0.1", .port = 80, .path = {}};
  const LoadShape shape{"/p", R"({"a": {text}, "b": [{text}]})"};
  const std::string request = make_load_request(target, shape, "say \"hi\"\n");
  EXPECT_TRUE(request.starts_with("POST /p HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"));
  const std::string body = R"({"a": "say \"hi\"\n", "b": ["say \"hi\"\n"]})";
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + body)) << request;
  EXPECT_NE(
      request.find("Content-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos
  );
}

TEST(LoadRequest, ThePathOfTheUrlWins) {
  const LoadTarget target{.host = "127.0.0.1", .port = 80, .path = "/mine"};
  EXPECT_TRUE(make_load_request(target, *load_shape("tei"), "a").starts_with("POST /mine HTTP"));
  EXPECT_EQ(load_shape("what").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace martlet
