#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <mutex>

#include "server/http/http_server.h"
#include "server/tracing/trace_exporter.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

HttpRecord example(std::string_view traceparent) {
  const auto now = std::chrono::steady_clock::now();
  return {
      .method = "POST",
      .path = "/v1/predict",
      .route = "/v1/predict",
      .id = "id",
      .traceparent = traceparent,
      .client = "127.0.0.1",
      .status = 200,
      .received = now - 5ms,
      .answered = now,
      .written = now,
      .phases = {.tokenize = 1ms, .queue = 2ms, .run = 2ms, .batch_texts = 3, .batch_tokens = 30},
  };
}

TEST(Span, ContinuesTheClientsTrace) {
  const auto spans = spans_of(example(kParent));
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(spans[0].parent_id, "b7ad6b7169203331");
  EXPECT_EQ(spans[0].name, "POST /v1/predict");
  for (std::size_t i = 1; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].trace_id, spans[0].trace_id);
    EXPECT_EQ(spans[i].parent_id, spans[0].span_id);
    EXPECT_GE(spans[i].begin, spans[i - 1].begin);
  }
}

TEST(Span, BeginsATraceOfItsOwn) {
  const auto spans = spans_of(example(""));
  EXPECT_EQ(spans[0].trace_id.size(), 32U);
  EXPECT_EQ(spans[0].parent_id, "");
}

TEST(Span, TheClientSaysWhetherItWantsATrace) {
  EXPECT_EQ(wants_trace(kParent), true);
  EXPECT_EQ(wants_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"), false);
  EXPECT_EQ(wants_trace(""), std::nullopt);
}

/// A collector that keeps what it is sent.
class Collector {
 public:
  Collector() {
    router_.add("POST", "/v1/traces", [this](HttpRequest&& request, Responder&& responder) {
      const std::lock_guard lock(mutex_);
      bodies_.push_back(std::move(request.body));
      responder.send({.body = "{}"});
    });
    HttpOptions options;
    options.port = 0;
    server_ = HttpServer::start(options, router_).value();
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/v1/traces";
  }

  std::vector<std::string> bodies() {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }

 private:
  Router router_;
  std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::unique_ptr<HttpServer> server_;
};

TEST(TraceExporter, SendsWhatACollectorReads) {
  Collector collector;
  {
    const auto exporter = TraceExporter::start({.endpoint = collector.url()}).value();
    exporter->on_exchange(example(kParent));
    for (int i = 0; i < 50; ++i) exporter->on_exchange(example(""));  // 1 in 100: none
  }
  const auto bodies = collector.bodies();
  ASSERT_EQ(bodies.size(), 1U);
  const auto parsed = boost::json::parse(bodies[0]);
  const auto& resource = parsed.at("resourceSpans").at(0);
  EXPECT_EQ(
      resource.at("resource").at("attributes").at(0).at("value").at("stringValue"), "martlet"
  );
  const auto& spans = resource.at("scopeSpans").at(0).at("spans").as_array();
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].at("kind"), 2);
  EXPECT_EQ(spans[0].at("parentSpanId"), "b7ad6b7169203331");
  EXPECT_TRUE(spans[0].at("startTimeUnixNano").is_string()) << "64-bit numbers are strings";
}

TEST(TraceExporter, SamplesItsShare) {
  Collector collector;
  {
    const auto exporter =
        TraceExporter::start({.endpoint = collector.url(), .sample = 0.25}).value();
    for (int i = 0; i < 8; ++i) exporter->on_exchange(example(""));
  }
  ASSERT_EQ(collector.bodies().size(), 1U);
  const auto parsed = boost::json::parse(collector.bodies()[0]);
  const auto& scope = parsed.at("resourceSpans").at(0).at("scopeSpans").at(0);
  EXPECT_EQ(scope.at("spans").as_array().size(), 8U) << "2 exchanges of 4 spans";
}

TEST(TraceExporter, ACollectorThatIsGoneCostsSpansOnly) {
  const auto exporter = TraceExporter::start({.endpoint = "http://127.0.0.1:1/v1/traces"}).value();
  exporter->on_exchange(example(kParent));
  for (int i = 0; i < 2000 && exporter->dropped() == 0; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(exporter->dropped(), 4U);
  EXPECT_EQ(exporter->exported(), 0U);
}

TEST(TraceExporter, WantsAnHttpUrl) {
  for (const char* wrong : {"", "https://a", "127.0.0.1:4318", "http://", "http://:80/"}) {
    EXPECT_EQ(
        TraceExporter::start({.endpoint = wrong}).status().code(), StatusCode::kInvalidArgument
    ) << wrong;
  }
}

}  // namespace
}  // namespace martlet
