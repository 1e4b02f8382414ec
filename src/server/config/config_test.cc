#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "server/config/config_file.h"
#include "server/config/settings.h"
#include "server/config/values.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

const char* no_variables(const char*) { return nullptr; }

TEST(Values, Durations) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("30").value(), 30s);
  EXPECT_EQ(parse_duration("2m").value(), 120s);
  for (const char* wrong : {"", "s", "-1s", "1 s", "1d", "1e9", "1..5s", "nan", "99999999h"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(Values, Shares) {
  EXPECT_EQ(parse_share("0.25").value(), 0.25);
  for (const char* wrong : {"", "-0.1", "1.1", "nan", "half"})
    EXPECT_FALSE(parse_share(wrong)) << wrong;
}

TEST(Values, Bytes) {
  EXPECT_EQ(parse_bytes("4096").value(), 4096U);
  EXPECT_EQ(parse_bytes("64K").value(), 65536U);
  EXPECT_EQ(parse_bytes("1.5MiB").value(), 1572864U);
  for (const char* wrong : {"", "K", "-1", "1.5", "16MB", "99999999999999999999", "0x10"}) {
    EXPECT_FALSE(parse_bytes(wrong)) << wrong;
  }
}

TEST(Values, Endpoints) {
  EXPECT_EQ(to_string(parse_endpoint("0.0.0.0:80").value()), "0.0.0.0:80");
  EXPECT_EQ(to_string(parse_endpoint("8081").value()), "127.0.0.1:8081");
  EXPECT_EQ(to_string(parse_endpoint(":0").value()), "127.0.0.1:0");
  EXPECT_EQ(to_string(parse_endpoint("[::1]:80").value()), "[::1]:80");
  EXPECT_FALSE(parse_endpoint("off").value().on());
  for (const char* wrong : {"", ":", "host:", "::1:80", "a:65536", "a:-1", "[::1]", "a:1:2"}) {
    EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
  }
}

TEST(Settings, TheFirstSourceWins) {
  const SettingValues flags{{"drain-timeout", {"1s"}}};
  const auto environment = [](const char* name) -> const char* {
    const std::string_view wanted = name;
    if (wanted == "MARTLET_DRAIN_TIMEOUT") return "2s";
    if (wanted == "MARTLET_IO_THREADS") return "2";
    if (wanted == "MARTLET_CORS_ORIGIN") return "https://a,https://b";
    return nullptr;
  };
  const SettingValues file{
      {"drain-timeout", {"3s"}}, {"io-threads", {"3"}}, {"http", {"0.0.0.0:3"}}
  };
  const auto config = combine_settings(flags, environment, file);
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->drain_timeout, 1s);
  EXPECT_EQ(config->http.io_threads, 2);
  EXPECT_EQ(config->http.port, 3);
  EXPECT_EQ(config->http.address, "0.0.0.0");
  EXPECT_EQ(config->http.cors_origins, (std::vector<std::string>{"https://a", "https://b"}));
  EXPECT_EQ(config->drain_delay, 0s) << "nobody said anything else";
}

TEST(Settings, FailuresNameTheSource) {
  const auto variable = combine_settings(
      {},
      [](const char* name) { return std::string_view(name) == "MARTLET_THREADS" ? "x" : nullptr; },
      {}
  );
  EXPECT_EQ(
      variable.status().message(),
      "[MARTLET_THREADS] got 'x', expected a whole number from 0 to 4096"
  );
  const auto flag = combine_settings({{"precision", {"fp64"}}}, no_variables, {});
  EXPECT_EQ(
      flag.status().message(), "[--precision] got 'fp64', expected one of auto, fp32, bf16, int8"
  );
}

TEST(Settings, HelpTellsTheTruthAboutDefaults) {
  // A default that is written in the help, when it is set, changes nothing.
  const auto untouched = combine_settings({}, no_variables, {});
  std::set<std::string_view> names;
  for (const Setting& setting : server_settings()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name << " is there twice";
    const std::size_t open = setting.help.rfind('(');
    if (open == std::string_view::npos) continue;
    const std::string text(setting.help.substr(open + 1, setting.help.size() - open - 2));
    const auto config = combine_settings({{std::string(setting.name), {text}}}, no_variables, {});
    ASSERT_TRUE(config) << setting.name;
    const auto facts = [](const ServerConfig& c) {
      const HttpLimits& l = c.http.limits;
      const ServingOptions& s = c.serving;
      return fmt::format(
          "{} {} {} | {} {} {} {} {} {} {} {} | {} {} {} {} {} | {} {} {} {} {} {} {} {} {} | {} "
          "{} {} {} {} {}",
          to_string(c.http_endpoint), c.grpc_endpoint.on(), c.admin_endpoint.on(), s.encoder.engine,
          s.encoder.precision, s.encoder.threads, s.workers, s.tokenize_threads, c.http.io_threads,
          s.batch_tokens, s.batch_texts, s.max_wait.count(), s.coalesce, s.queue_tokens,
          s.queue_texts, s.max_queue_time.count(), s.max_length, s.max_inputs, s.max_request_tokens,
          l.body_bytes, l.decompressed_bytes, l.header_bytes, l.header_fields, l.pipelined,
          l.connections, l.header_timeout.count(), l.body_timeout.count(), l.idle_timeout.count(),
          l.write_timeout.count(), c.http.compress_from, s.self_check
      );
    };
    EXPECT_EQ(facts(*config), facts(*untouched)) << setting.name;
    EXPECT_EQ(config->drain_timeout, untouched->drain_timeout);
    EXPECT_EQ(config->drain_delay, untouched->drain_delay);
  }
}

TEST(ConfigFile, TakesEverySortOfValue) {
  const auto values = parse_config_file(
      "# the demo\nmodels: [a, \"b=path/to/b\"]\nhttp: 0.0.0.0:80\nthreads: 2\n"
      "coalesce: true\ndrain-timeout: 1.5\n",
      "martlet.yaml"
  );
  ASSERT_TRUE(values) << values.status().message();
  EXPECT_EQ(values->at("models"), (std::vector<std::string>{"a", "b=path/to/b"}));
  EXPECT_EQ(values->at("coalesce"), std::vector<std::string>{"true"});
  const auto config = combine_settings({}, no_variables, *values);
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->drain_timeout, 1500ms);
  EXPECT_EQ(config->serving.encoder.threads, 2);
  EXPECT_EQ(parse_config_file("", "martlet.yaml").value().size(), 0U);
}

TEST(ConfigFile, TakesAMapOfModels) {
  const auto values = parse_config_file("models:\n  b: p/b\n  a: p/a\n", "martlet.yaml");
  ASSERT_TRUE(values) << values.status().message();
  EXPECT_EQ(values->at("models"), (std::vector<std::string>{"b=p/b", "a=p/a"}));
}

TEST(ConfigFile, FailuresSayWhere) {
  const auto message = [](std::string_view text) {
    return parse_config_file(text, "martlet.yaml").status().message();
  };
  EXPECT_TRUE(message("http: a: b").starts_with("[martlet.yaml:1] this is not YAML"))
      << message("http: [");
  EXPECT_EQ(
      message("\nport: 80\n"),
      "[martlet.yaml:2] unknown setting 'port', expected a flag of martlet serve without --"
  );
  EXPECT_EQ(
      message("http: [a]\n"),
      "[martlet.yaml:1] http has a value of the wrong kind, expected ADDR:PORT"
  );
  EXPECT_TRUE(message("models: [[1]]\n").starts_with("[martlet.yaml:1] models has a value"));
  EXPECT_EQ(message("threads: 1\nthreads: 2\n"), "[martlet.yaml:2] threads is there twice");
  EXPECT_TRUE(message("- a\n").starts_with("[martlet.yaml:1] expected settings"));
}

}  // namespace
}  // namespace martlet
