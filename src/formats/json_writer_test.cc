#include "formats/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace martlet {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  write_json_string(out, text);
  return out;
}

TEST(JsonWriterTest, EscapesStrings) {
  EXPECT_EQ(json_string("plain"), "\"plain\"");
  EXPECT_EQ(json_string("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(json_string(std::string("\0\x1F\x7F", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(json_string("Zürich 😀"), "\"Zürich 😀\"");
}

TEST(JsonWriterTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json_string("a\xFF"), "\"a\uFFFD\"");
  EXPECT_EQ(json_string("\xC0\xAF"), "\"\uFFFD\uFFFD\"");            // overlong
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
  EXPECT_EQ(json_string("\xE2\x82"), "\"\uFFFD\uFFFD\"");            // cut off
}

TEST(JsonWriterTest, NumbersReadBack) {
  for (const float value : {0.0F, -0.1F, 1e-37F, 3.4e38F, 0.99881F}) {
    std::string out;
    write_json_number(out, value);
    EXPECT_EQ(std::stof(out), value) << out;
  }
  std::string out;
  write_json_number(out, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(out, "null");
}

TEST(JsonWriterTest, CommasStandBetween) {
  std::string out;
  {
    JsonObject object(out);
    object.member("a", int64_t{1});
    {
      JsonArray list(object.key("b"));
      write_json_numbers(list.next(), std::vector<float>{1, 2.5F});
      write_json_numbers(list.next(), std::vector<int32_t>{});
    }
    object.member("c", true);
  }
  EXPECT_EQ(out, R"({"a":1,"b":[[1,2.5],[]],"c":true})");
}

}  // namespace
}  // namespace martlet
