// Many requests over real connections, some of which break off: every request that was accepted is
// answered once, each answer goes where it belongs, and all counters agree.
// MARTLET_TEST_ALL=1: a million.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "server/http/http_server.h"
#include "server/http/raw_client.h"
#include "server/routes/routes.h"
#include "server/service/echo_testing.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 8;
constexpr std::size_t kMostPipelined = 32;

class StatusCounts final : public HttpObserver {
 public:
  void on_exchange(const HttpRecord& record) override {
    const std::lock_guard lock(mutex_);
    ++counts_[record.status];
  }
  std::map<int, std::size_t> counts() {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  std::mutex mutex_;
  std::map<int, std::size_t> counts_;
};

/// What the clients saw.
struct Seen {
  std::size_t said = 0;       // whole requests
  std::size_t echoed = 0;     // 200, with the right answer
  std::size_t misrouted = 0;  // 200, with another one's answer
  std::size_t refused = 0;    // 429
  std::size_t lost = 0;       // no answer, or another status, while the client waited
  std::size_t abandoned = 0;  // said by a client that then left

  void add(const Seen& more) {
    said += more.said;
    echoed += more.echoed;
    misrouted += more.misrouted;
    refused += more.refused;
    lost += more.lost;
    abandoned += more.abandoned;
  }
};

std::string request_of(uint32_t number) {
  std::string ids;
  for (const int32_t id : echo_ids(number)) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  const std::string body = R"({"inputs":[{"ids":[)" + ids + R"(]}],"return_logits":true})";
  return "POST /v1/predict HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// Whether the answer has the logits of that request.
bool echoes(const std::string& body, uint32_t number) {
  const std::size_t at = body.find("\"logits\":[");
  if (at == body.npos) return false;
  const char* next = body.data() + at + 10;
  for (const int32_t id : echo_ids(number)) {
    float value = -1;
    const auto [end, failure] = std::from_chars(next, body.data() + body.size(), value);
    if (failure != std::errc() || value != static_cast<float>(id)) return false;
    next = end + 1;  // past the comma
  }
  return true;
}

/// One client after another, on connections that stay open for some bursts of requests.
class Clients {
 public:
  Clients(std::uint16_t port, unsigned seed) : port_(port), random_(seed) {}

  Seen run(std::atomic<uint32_t>& next, uint32_t end) {
    while (next < end) {
      RawClient client(port_);
      for (unsigned bursts = 1 + random_() % 50; bursts > 0 && next < end; --bursts) {
        if (!burst(client, next)) break;
      }
    }
    return seen_;
  }

 private:
  /// False when the client has left.
  bool burst(RawClient& client, std::atomic<uint32_t>& next) {
    std::vector<uint32_t> numbers(1 + random_() % kMostPipelined);
    std::string bytes;
    for (uint32_t& number : numbers) bytes += request_of(number = next++);
    const bool leaves = random_() % 50 == 0;
    if (leaves && random_() % 2 == 0) bytes += "POST /v1/predict HTTP/1.1\r\nConte";
    client.say(bytes);
    seen_.said += numbers.size();
    std::size_t heard = numbers.size();
    if (leaves) heard = random_() % numbers.size();
    for (std::size_t i = 0; i < heard; ++i) hear(client, numbers[i]);
    seen_.abandoned += numbers.size() - heard;
    if (leaves) client.leave();
    return !leaves;
  }

  void hear(RawClient& client, uint32_t number) {
    const RawAnswer answer = client.hear();
    if (answer.status == 429) {
      ++seen_.refused;
    } else if (answer.status != 200) {
      ++seen_.lost;
    } else {
      ++(echoes(answer.body, number) ? seen_.echoed : seen_.misrouted);
    }
  }

  const std::uint16_t port_;
  std::mt19937 random_;
  Seen seen_;
};

TEST(Traffic, EveryRequestIsAnsweredOnceAndAllCountersAgree) {
  const auto total = static_cast<uint32_t>(requests_to_send(20'000, 1'000'000));
  ServingOptions options;
  options.queue_texts = 100;  // of 8 x 32 under way: some are refused
  options.workers = 2;
  EchoRegistry echo = make_echo_registry(options);
  const RestRoutes routes(*echo.models, options);
  Router router;
  routes.add_dialects(router);
  StatusCounts statuses;
  HttpOptions http;
  http.port = 0;
  auto server = HttpServer::start(http, router, &statuses);
  ASSERT_TRUE(server) << server.status().message();

  std::atomic<uint32_t> next{0};
  Seen seen;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      const Seen one = Clients((*server)->port(), i).run(next, total);
      const std::lock_guard lock(mutex);
      seen.add(one);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((*server)->drain(std::chrono::steady_clock::now() + 20s), 0U);
  const auto model = echo.models->find("echo");
  echo.models->drain(std::chrono::steady_clock::now() + 20s);

  // What the clients saw.
  EXPECT_EQ(seen.misrouted, 0U);
  EXPECT_EQ(seen.lost, 0U);
  EXPECT_EQ(seen.said, seen.echoed + seen.refused + seen.abandoned);
  EXPECT_GT(seen.refused, 0U);
  EXPECT_GT(seen.abandoned, 0U);
  // What the transport counted: all that was waited for, and of the abandoned what it had read.
  auto counts = statuses.counts();
  const std::size_t received = counts[200] + counts[429] + counts[499];
  std::size_t all = 0;
  for (const auto& [status, count] : counts) all += count;
  EXPECT_EQ(all, received) << "another status was answered";
  EXPECT_GE(counts[200], seen.echoed);
  EXPECT_LE(received, seen.said);
  EXPECT_GE(received, seen.echoed + seen.refused);
  // What the model counted: each request that the transport read, once.
  ModelStatistics model_counts = model->statistics();
  EXPECT_EQ(model_counts.success.count + model_counts.failure.count, received);
  EXPECT_EQ(
      model_counts.failure.count,
      model_counts.failures["cancelled"] + model_counts.failures["resource_exhausted"]
  );
  EXPECT_EQ(model_counts.pending_requests, 0);
  EXPECT_EQ(model_counts.queued_texts, 0);
  EXPECT_GE(model_counts.success.count, counts[200]);
  // What the engine computed: the answered ones, and those that were cancelled while they ran.
  EXPECT_GE(echo.encoder->rows(), model_counts.success.count);
  EXPECT_LE(echo.encoder->rows(), model_counts.success.count + model_counts.failures["cancelled"]);
  std::printf(
      "%zu said, %zu echoed, %zu refused, %zu abandoned; transport: %zu x 200, %zu x 429, %zu x "
      "499; model: %llu answered, %llu cancelled; engine: %zu\n",
      seen.said, seen.echoed, seen.refused, seen.abandoned, counts[200], counts[429], counts[499],
      static_cast<unsigned long long>(model_counts.success.count),
      static_cast<unsigned long long>(model_counts.failures["cancelled"]), echo.encoder->rows()
  );
}

}  // namespace
}  // namespace martlet
