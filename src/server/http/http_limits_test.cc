// What the server does with requests that are too large, too slow or not quite HTTP.
#include <string>

#include "server/http/content_coding.h"
#include "server/http/server_fixture.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

class HttpLimitsTest : public ServerFixture {
 protected:
  /// A GET whose header is exactly `size` bytes long.
  static std::string header_of(std::size_t size) {
    const std::string base = get("/hello", "Padding: \r\n");
    return get("/hello", "Padding: " + std::string(size - base.size(), 'p') + "\r\n");
  }

  static std::string chunked(std::size_t size) {
    std::string bytes = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (; size > 7; size -= 7) bytes += "7\r\n1234567\r\n";
    return bytes + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n0\r\n\r\n";
  }
};

TEST_F(HttpLimitsTest, HeaderBytes) {
  options_.limits.header_bytes = 1000;
  EXPECT_EQ(ask(header_of(999)).status, 200);
  EXPECT_EQ(ask(header_of(1000)).status, 200);
  EXPECT_EQ(ask(header_of(1001)).status, 431);
  EXPECT_EQ(ask("GET /" + std::string(2000, 'a')).status, 431) << "before the line ends";
}

TEST_F(HttpLimitsTest, HeaderFields) {
  options_.limits.header_fields = 10;
  const auto fields = [](int count) {
    std::string more;
    for (int i = 1; i < count; ++i) more += "A: b\r\n";  // and Host
    return get("/hello", more);
  };
  EXPECT_EQ(ask(fields(9)).status, 200);
  EXPECT_EQ(ask(fields(10)).status, 200);
  EXPECT_EQ(ask(fields(11)).status, 431);
}

TEST_F(HttpLimitsTest, BodyBytes) {
  options_.limits.body_bytes = 1000;
  for (const std::size_t size : {999, 1000}) {
    EXPECT_EQ(ask(post(std::string(size, 'x'))).body.size(), size);
    EXPECT_EQ(ask(chunked(size)).body.size(), size);
  }
  EXPECT_EQ(ask(post(std::string(1001, 'x'))).status, 413);
  EXPECT_EQ(ask(chunked(1001)).status, 413);
}

TEST_F(HttpLimitsTest, ARefusedClientThatKeepsSendingStillHearsWhy) {
  options_.limits.body_bytes = 1000;
  EXPECT_EQ(ask(post(std::string(3 << 20, 'x'))).status, 413);
}

TEST_F(HttpLimitsTest, DecompressedBytes) {
  options_.limits.decompressed_bytes = 100'000;
  const auto packed = [](std::size_t size) {
    return post(
        compress(std::string(size, 'x'), ContentCoding::kGzip), "Content-Encoding: gzip\r\n"
    );
  };
  EXPECT_EQ(ask(packed(99'999)).status, 200);
  EXPECT_EQ(ask(packed(100'000)).status, 200);
  EXPECT_EQ(ask(packed(100'001)).status, 413);
  EXPECT_EQ(ask(packed(10'000'000)).status, 413);
}

TEST_F(HttpLimitsTest, Connections) {
  options_.limits.connections = 3;
  RawClient first(port());
  RawClient second(port());
  first.say(get("/hello"));
  second.say(get("/hello"));
  EXPECT_EQ(first.hear().status + second.hear().status, 400);
  {
    RawClient third(port());
    third.say(get("/hello"));
    EXPECT_EQ(third.hear().status, 200);
    const RawAnswer refused = RawClient(port()).hear();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
  }
  EXPECT_TRUE(eventually([&] { return ask(get("/hello")).status == 200; }));
}

TEST_F(HttpLimitsTest, SlowHeadersAreToldSo) {
  options_.limits.header_timeout = 500ms;
  RawClient client(port());
  client.say("GET /hello HT");
  EXPECT_EQ(client.hear().status, 408);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, DrippingDoesNotBuyTime) {
  options_.limits.header_timeout = 200ms;
  RawClient client(port());
  client.say("GET /hello HTTP/1.1\r\n");
  const auto begin = std::chrono::steady_clock::now();
  while (!client.is_closed(20ms) && std::chrono::steady_clock::now() - begin < 30s) client.say("a");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST_F(HttpLimitsTest, SlowBodiesAreToldSo) {
  options_.limits.header_timeout = 1s;  // begins when the connection does
  options_.limits.body_timeout = 100ms;
  RawClient client(port());
  client.say("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_EQ(client.hear().status, 408);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, IdleConnectionsAreClosed) {
  options_.limits.idle_timeout = 500ms;
  RawClient client(port());
  client.say(get("/late/1000"));  // longer than idle_timeout, but the client is not idle
  EXPECT_EQ(client.hear().body, "1000");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, ClientsThatDoNotReadAreDropped) {
  options_.limits.write_timeout = 500ms;
  RawClient client(port());
  for (int i = 0; i < 8; ++i) client.say(get("/big"));
  ASSERT_TRUE(eventually([&] { return asked_for_big_.load() != 0; }));
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
  EXPECT_EQ(server_->exchanges(), 0U);
}

TEST_F(HttpLimitsTest, SlowReadersGetAllTheyAskedFor) {
  RawClient client(port());
  client.say(get("/big") + get("/big"));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(client.hear().body.size(), 8U << 20);
  EXPECT_EQ(client.hear().body.size(), 8U << 20);
}

struct Case {
  const char* what;
  std::string bytes;
  int status;
};

TEST_F(HttpLimitsTest, NothingAmbiguousIsTaken) {
  const std::string line = "POST /echo HTTP/1.1\r\nHost: t\r\n";
  const std::string chunked_head = line + "Transfer-Encoding: chunked\r\n";
  const Case cases[] = {
      {"length and chunked", chunked_head + "Content-Length: 4\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length",
       line + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", line + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n12345", 400},
      {"a list of lengths", line + "Content-Length: 4, 5\r\n\r\n12345", 400},
      {"a negative length", line + "Content-Length: -1\r\n\r\n", 400},
      {"a signed length", line + "Content-Length: +4\r\n\r\n1234", 400},
      {"a hexadecimal length", line + "Content-Length: 0x4\r\n\r\n1234", 400},
      {"an overflowing length", line + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {"a huge length", line + "Content-Length: 18446744073709551615\r\n\r\n", 413},
      {"another coding", line + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"two codings", line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked twice",
       line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a misspelled coding", line + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"a negative chunk", chunked_head + "\r\n-2\r\nab\r\n0\r\n\r\n", 400},
      {"a chunk with 0x", chunked_head + "\r\n0x2\r\nab\r\n0\r\n\r\n", 400},
      {"a chunk with a blank", chunked_head + "\r\n 2\r\nab\r\n0\r\n\r\n", 400},
      {"an overflowing chunk", chunked_head + "\r\n10000000000000002\r\nab\r\n0\r\n\r\n", 400},
      {"a huge chunk", chunked_head + "\r\nffffffffffffffff\r\nab\r\n0\r\n\r\n", 413},
      {"a chunk that is longer than it says", chunked_head + "\r\n2\r\nabc\r\n0\r\n\r\n", 400},
      {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", get("/hello", "Host: other\r\n"), 400},
      {"a blank before the colon", get("/hello", "Content-Length : 3\r\n"), 400},
      {"a field without a name", get("/hello", ": x\r\n"), 400},
      {"bare line feeds", "GET /hello HTTP/1.1\nHost: t\n\n", 400},
      {"a bare line feed in a field", get("/hello", "A: b\nContent-Length: 3\r\n"), 400},
      {"a NUL in a field", get("/hello", std::string("A: b\0c\r\n", 8)), 400},
      {"HTTP/2", "GET /hello HTTP/2.0\r\nHost: t\r\n\r\n", 400},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/0.9", "GET /hello\r\n\r\n", 400},
      {"a relative path", "GET hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"a TLS hello", "\x16\x03\x01\x02\x01\x01\xfc", 400},
  };
  for (const Case& c : cases) {
    RawClient client(port());
    client.say(c.bytes + get("/hello"));
    EXPECT_EQ(client.hear().status, c.status) << c.what;
    EXPECT_EQ(client.hear().status, 0) << c.what << ": nothing more is read from this connection";
  }
}

TEST_F(HttpLimitsTest, UnusualButRight) {
  EXPECT_EQ(ask("GET http://example.org/hello HTTP/1.1\r\nHost: t\r\n\r\n").status, 200);
  EXPECT_EQ(ask("\r\n" + get("/hello")).status, 200) << "an empty line before a request";
  EXPECT_EQ(ask(get("/hello?a=b")).status, 200);
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n").status, 404);
  EXPECT_EQ(ask("BREW /hello HTTP/1.1\r\nHost: t\r\n\r\n").status, 405);
  EXPECT_EQ(ask("GET /hello HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_EQ(ask(post("abc", "Content-Length: 3\r\n")).status, 200) << "the same length, twice";
}

TEST_F(HttpLimitsTest, HalfAnEmptyLineIsWaitedFor) {
  RawClient client(port());
  client.say(get("/hello") + "\r");
  EXPECT_EQ(client.hear().status, 200);
  client.say("\n" + get("/hello"));
  EXPECT_EQ(client.hear().status, 200);
}

TEST_F(HttpLimitsTest, ManyTinyChunksCostNoMemory) {
  options_.limits.body_bytes = 200'000;
  std::string bytes = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200'000; ++i) bytes += "1\r\nx\r\n";
  EXPECT_EQ(ask(bytes + "0\r\n\r\n").body.size(), 200'000U);
  EXPECT_EQ(ask(bytes + "1\r\nx\r\n0\r\n\r\n").status, 413);
  std::string framing = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i) framing += "1;" + std::string(4000, 'e') + "\r\nx\r\n";
  EXPECT_EQ(ask(framing).status, 400) << "nothing but chunk extensions";
}

}  // namespace
}  // namespace martlet
