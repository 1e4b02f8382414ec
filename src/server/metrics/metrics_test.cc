#include <gtest/gtest.h>

#include <array>

#include "server/metrics/exposition.h"
#include "server/metrics/http_metrics.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

TEST(Exposition, WritesWhatPrometheusReads) {
  static constexpr std::array kBounds{0.5, 1.0};
  Histogram histogram(kBounds);
  for (const double value : {0.25, 0.75, 0.75, 2.0}) histogram.add(value);
  Exposition out;
  out.counter("requests_total", "How many.");
  out.sample({{"model", "a\"b\\c\n"}}, 3);
  out.histogram("seconds", "How long.");
  out.sample({{"model", "m"}}, histogram);
  out.gauge("ready", "Whether.");
  out.sample({}, 1);
  EXPECT_EQ(out.text(), R"(# HELP requests_total How many.
# TYPE requests_total counter
requests_total{model="a\"b\\c\n"} 3
# HELP seconds How long.
# TYPE seconds histogram
seconds_bucket{model="m",le="0.5"} 1
seconds_bucket{model="m",le="1"} 3
seconds_bucket{model="m",le="+Inf"} 4
seconds_sum{model="m"} 3.75
seconds_count{model="m"} 4
# HELP ready Whether.
# TYPE ready gauge
ready 1
)");
}

TEST(HttpMetrics, CountsByRouteAndStatus) {
  HttpMetrics metrics;
  HttpRecord record{
      .method = "GET",
      .path = "/v2/models/secret",
      .route = "/v2/models/{model}",
      .id = "",
      .traceparent = "",
      .client = "",
      .status = 200,
      .bytes_in = 0,
      .bytes_out = 100,
      .received = {},
      .answered = std::chrono::steady_clock::time_point(1s),
      .written = std::chrono::steady_clock::time_point(2s),
  };
  metrics.on_exchange(record);
  record.status = 404;
  record.route = "";
  metrics.on_exchange(record);
  metrics.on_exchange(record);
  Exposition out;
  metrics.write(out);
  const auto has = [&](std::string_view line) {
    return out.text().find("\n" + std::string(line) + "\n") != std::string::npos;
  };
  EXPECT_TRUE(has(R"(martlet_http_requests_total{route="/v2/models/{model}",status="200"} 1)"));
  EXPECT_TRUE(has(R"(martlet_http_requests_total{route="unmatched",status="404"} 2)"));
  EXPECT_TRUE(has(R"(martlet_http_response_bytes_total{route="unmatched"} 200)"));
  EXPECT_TRUE(has(R"(martlet_http_request_seconds_sum{route="/v2/models/{model}"} 2)"));
  EXPECT_TRUE(has(R"(martlet_http_write_seconds_sum{route="/v2/models/{model}"} 1)"));
  EXPECT_EQ(out.text().find("secret"), std::string::npos) << "paths are not labels";
}

}  // namespace
}  // namespace martlet
