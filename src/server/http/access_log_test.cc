#include "server/http/access_log.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace martlet {
namespace {

using namespace std::chrono_literals;

HttpRecord example() {
  return {
      .method = "POST",
      .path = "/echo\" \n\x1b[31m",
      .route = "/echo",
      .id = "abc",
      .traceparent = "",
      .client = "127.0.0.1",
      .status = 200,
      .bytes_in = 10,
      .bytes_out = 20,
      .received = {},
      .answered = std::chrono::steady_clock::time_point(1ms),
      .written = std::chrono::steady_clock::time_point(1500us),
  };
}

TEST(AccessLog, ALineIsOneJsonObjectWhateverTheClientSent) {
  const std::string line = access_log_line(example(), "now");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\x1b'), line.npos);
  const auto parsed = boost::json::parse(line).as_object();
  EXPECT_EQ(parsed.at("path").as_string(), example().path);
  EXPECT_EQ(parsed.at("status").as_int64(), 200);
  EXPECT_DOUBLE_EQ(parsed.at("ms").as_double(), 1.5);
  EXPECT_DOUBLE_EQ(parsed.at("write_ms").as_double(), 0.5);
  EXPECT_FALSE(parsed.contains("traceparent"));
}

TEST(AccessLog, WritesAllThatItTook) {
  const auto path = std::filesystem::temp_directory_path() / "martlet_access_log_test";
  std::filesystem::remove(path);
  {
    const auto log = AccessLog::open(path.string()).value();
    for (int i = 0; i < 100; ++i) log->on_exchange(example());
    EXPECT_EQ(log->lost(), 0U);
  }
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(std::ranges::count(text.str(), '\n'), 100);
  std::filesystem::remove(path);
}

TEST(AccessLog, AFullDiskCostsLinesOnly) {
  const auto log = AccessLog::open("/dev/full").value();
  log->on_exchange(example());
  for (int i = 0; i < 1000 && log->lost() == 0; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(log->lost(), 1U);
  EXPECT_EQ(AccessLog::open("/nonexistent/log").status().code(), StatusCode::kIo);
}

}  // namespace
}  // namespace martlet
