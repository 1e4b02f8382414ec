#include "server/http/unread_refusal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "server/http/server_fixture.h"

namespace martlet {
namespace {

/// A route that is full or has room, and counts who looked at it how.
class UnreadRefusalTest : public ServerFixture {
 protected:
  UnreadRefusalTest() {
    router_.add(
        "POST", "/echo/busy",
        [](HttpRequest&& request, Responder&& responder) {
          responder.send({.content_type = "text/plain", .body = std::move(request.body)});
        },
        [this](const Headers& headers, std::string_view) -> std::optional<HttpResponse> {
          if (!full_) return std::nullopt;
          ++(headers.begin() == headers.end() ? unread_ : read_);
          return HttpResponse{.status = 429, .headers = {{"Retry-After", "3"}}, .body = "full"};
        }
    );
  }

  static std::string busy(std::string_view more = "") {
    return "POST /echo/busy HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n" + std::string(more) +
           "\r\nhi";
  }

  std::atomic<bool> full_{true};
  std::atomic<int> read_{0};
  std::atomic<int> unread_{0};
};

struct Witness final : HttpObserver {
  void on_exchange(const HttpRecord& record) override {
    ++calls;
    status = record.status;
    route = record.route;
    sizes = {record.bytes_in, record.bytes_out};
  }
  int calls = 0;
  int status = 0;
  std::string route;
  std::pair<std::size_t, std::size_t> sizes;
};

TEST_F(UnreadRefusalTest, IsAWholeAnswerAndIsTold) {
  Witness witness;
  const HttpContext context(options_, router_, &witness);
  const auto answer = refuse_unread(context, busy(), "127.0.0.1");
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << *answer;
  EXPECT_NE(answer->find("\r\nRetry-After: 3\r\n"), answer->npos) << *answer;
  EXPECT_TRUE(answer->ends_with("\r\n\r\nfull")) << *answer;
  EXPECT_EQ(witness.calls, 1);
  EXPECT_EQ(witness.status, 429);
  EXPECT_EQ(witness.route, "/echo/busy");
  EXPECT_EQ(witness.sizes, std::pair(std::size_t{2}, answer->size()));
}

TEST_F(UnreadRefusalTest, OtherRequestsGoTheLongWay) {
  Witness witness;
  const HttpContext context(options_, router_, &witness);
  EXPECT_FALSE(refuse_unread(context, busy("X-Priority: bulk\r\n"), ""));
  EXPECT_FALSE(refuse_unread(context, busy() + busy(), ""));
  EXPECT_FALSE(refuse_unread(context, post("no gate"), ""));
  EXPECT_FALSE(refuse_unread(context, "POST /no/route HTTP/1.1\r\nHost: a\r\n\r\n", ""));
  full_ = false;
  EXPECT_FALSE(refuse_unread(context, busy(), ""));
  full_ = true;
  options_.api_key = "secret";
  EXPECT_FALSE(refuse_unread(HttpContext(options_, router_, &witness), busy(), ""));
  EXPECT_EQ(witness.calls, 0);
}

TEST_F(UnreadRefusalTest, ConnectionsAreRefusedBothWaysAlike) {
  RawClient client(port());
  std::set<std::string> ids;
  constexpr int kRequests = 40;
  for (int i = 0; i < kRequests; ++i) {
    client.say(busy(i % 4 == 3 ? "X-Other: a\r\n" : ""));
    const RawAnswer answer = client.hear();
    ASSERT_EQ(answer.status, 429) << i;
    EXPECT_EQ(answer.body, "full");
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(answer.headers.get("Retry-After"), "3");
    EXPECT_NE(answer.headers.get("Date"), "");
    ids.insert(std::string(answer.headers.get("X-Request-Id")));
  }
  EXPECT_EQ(ids.size(), kRequests);
  EXPECT_EQ(read_ + unread_, kRequests);
  EXPECT_GE(read_, kRequests / 4) << "the first, and those that are not simple";
  EXPECT_GT(unread_, 0);
  full_ = false;
  client.say(busy());
  EXPECT_EQ(client.hear().body, "hi");
}

TEST_F(UnreadRefusalTest, AnswersKeepTheirOrder) {
  options_.io_threads = 1;
  RawClient client(port());
  std::atomic<bool> enough{false};
  std::thread crowd([&] {  // so that the thread is refusing all the time
    RawClient other(port());
    while (!enough) {
      other.say(busy());
      if (other.hear().status != 429) return;
    }
  });
  for (int i = 0; i < 5; ++i) {
    client.say(get("/late/60"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    client.say(busy());
    EXPECT_EQ(client.hear().body, "60");
    EXPECT_EQ(client.hear().body, "full");
  }
  enough = true;
  crowd.join();
}

TEST_F(UnreadRefusalTest, RequestsInPiecesOrBehindOthersAreRefusedToo) {
  RawClient client(port());
  const std::string one = busy();
  for (int i = 0; i < 5; ++i) {
    client.say(one + one + one.substr(0, 30));
    EXPECT_EQ(client.hear().status, 429);
    EXPECT_EQ(client.hear().status, 429);
    client.say(one.substr(30));
    EXPECT_EQ(client.hear().status, 429);
  }
}

}  // namespace
}  // namespace martlet
