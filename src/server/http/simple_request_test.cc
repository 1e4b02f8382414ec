#include "server/http/simple_request.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

constexpr std::string_view kHead =
    "POST /v1/predict HTTP/1.1\r\nHost: a:80\r\nContent-Type: application/json\r\n";

std::string request(const std::string& more, const std::string& body = "abc") {
  return std::string(kHead) + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

bool is_simple(const std::string& data, const HttpLimits& limits = {}) {
  return read_simple_request(data, limits).has_value();
}

TEST(SimpleRequestTest, IsRead) {
  const std::string data = request("", "{\"inputs\": \"a\"}");
  const auto read = read_simple_request(data, {});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->path, "/v1/predict");
  EXPECT_EQ(read->body, "{\"inputs\": \"a\"}");
  EXPECT_TRUE(is_simple(request("", "")));
  EXPECT_TRUE(is_simple(request(
      "user-agent: python-requests/2.32\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n"
      "Connection: Keep-Alive\r\nAuthorization: Bearer k\r\n"
  )));
}

TEST(SimpleRequestTest, APartOrMoreThanOneIsNot) {
  const std::string data = request("");
  for (std::size_t size = 0; size < data.size(); ++size)
    EXPECT_FALSE(is_simple(data.substr(0, size))) << size;
  EXPECT_FALSE(is_simple(data + data));
  EXPECT_FALSE(is_simple(data + "\r\n"));
}

TEST(SimpleRequestTest, FieldsThatMatterAreNotSimple) {
  for (const char* field :
       {"Expect: 100-continue",
        "Transfer-Encoding: chunked",
        "Content-Encoding: gzip",
        "Connection: close",
        "Connection: keep-alive, upgrade",
        "Host: b",
        "Content-Length: 3",
        "X-Priority: interactive",
        "X-Request-Id: 7",
        "Origin: http://a",
        "traceparent: 00-1-2-01",
        "X-Unknown: a",
        "Content-Type : a",
        "Accept",
        " Accept: a",
        "Accept:  a",
        "Accept: a ",
        "Accept: \x01",
        "Accept: \xE9",
        "Accept: a\rb"}) {
    EXPECT_FALSE(is_simple(request(std::string(field) + "\r\n"))) << field;
  }
}

TEST(SimpleRequestTest, OtherStartLinesAreNotSimple) {
  const std::string rest = request("").substr(std::string("POST /v1/predict HTTP/1.1").size());
  EXPECT_TRUE(is_simple("POST / HTTP/1.1" + rest));
  for (const char* line :
       {"GET /v1/predict HTTP/1.1", "POST /v1/predict HTTP/1.0", "POST /a?b=c HTTP/1.1",
        "POST /a%20b HTTP/1.1", "POST  /a HTTP/1.1", "POST http://a/b HTTP/1.1", "POST * HTTP/1.1",
        "POST HTTP/1.1", "POST  HTTP/1.1", "post / HTTP/1.1", ""}) {
    EXPECT_FALSE(is_simple(line + rest)) << line;
  }
}

TEST(SimpleRequestTest, LengthsAreExact) {
  const auto with = [](const std::string& length) {
    return std::string(kHead) + "Content-Length: " + length + "\r\n\r\nabc";
  };
  EXPECT_TRUE(is_simple(with("3")));
  for (const char* length :
       {"2", "4", "+3", "03", "3 ", "0x3", "", "-3", "3.0", "18446744073709551619"})
    EXPECT_FALSE(is_simple(with(length))) << length;
  EXPECT_FALSE(is_simple(std::string(kHead) + "\r\n"));
  EXPECT_FALSE(is_simple("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")) << "no host";
}

TEST(SimpleRequestTest, LimitsHold) {
  const std::string data = request("");
  const std::size_t head = data.size() - 3;
  const auto within = [&](HttpLimits limits) { return is_simple(data, limits); };
  EXPECT_TRUE(within({.header_bytes = head, .header_fields = 3, .body_bytes = 3}));
  EXPECT_FALSE(within({.header_bytes = head - 1, .header_fields = 3, .body_bytes = 3}));
  EXPECT_FALSE(within({.header_bytes = head, .header_fields = 2, .body_bytes = 3}));
  EXPECT_FALSE(within({.header_bytes = head, .header_fields = 3, .body_bytes = 2}));
}

}  // namespace
}  // namespace martlet
