#include "formats/json.h"

#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace martlet {
namespace {

std::string message_of(std::string_view text, const JsonOptions& options = {}) {
  return parse_json(text, "f.json", options).status().message();
}

TEST(ParseJsonTest, RefusesWhatIsNotOneStrictValue) {
  for (const std::string_view text :
       {"", " ", "{", "[1,]", "{\"a\":1,}", "{} {}", "nul", "NaN", "// no\n1", "'a'", "\"\x01\"",
        "\"\xFF\"", "01", "[1"}) {
    const Status status = parse_json(text, "f.json").status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidModel) << text;
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << text;
  }
}

TEST(ParseJsonTest, SaysWhere) {
  EXPECT_EQ(message_of("{\"a\": x}"), "[f.json] got invalid JSON at byte 6: syntax error");
}

TEST(ParseJsonTest, DepthIsLimited) {
  const std::string opening(64, '[');
  EXPECT_TRUE(parse_json(opening + std::string(64, ']'), "f"));
  EXPECT_FALSE(parse_json(opening + "[" + std::string(65, ']'), "f"));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '['), "f"));
}

TEST(ParseJsonTest, SizeIsLimited) {
  EXPECT_TRUE(parse_json("[1]", "f", {.max_bytes = 3}));
  EXPECT_FALSE(parse_json("[1]", "f", {.max_bytes = 2}));
}

TEST(ParseJsonTest, ARepeatedKeyIsFoundWhereverItIs) {
  const JsonOptions unique{.unique_keys = true};
  EXPECT_EQ(message_of("{\"a\":1,\"a\":2}"), "");
  EXPECT_EQ(
      message_of("[{\"b\":{\"a\":1,\"\\u0061\":2}}]", unique),
      "[f.json] got the key \"a\" twice in one object"
  );
  EXPECT_EQ(message_of("[{\"a\":1},{\"a\":{\"a\":1}}]", unique), "");
}

TEST(ParseJsonTest, PartsAreCounted) {
  const auto allowing = [](std::size_t parts) { return JsonOptions{.max_parts = parts}; };
  const char* six = R"([{"a": "b", "c": [1, 2, 3, true, null]}])";
  EXPECT_EQ(message_of(six, allowing(6)), "");
  EXPECT_EQ(
      message_of(six, allowing(5)),
      "[f.json] got more than 5 strings, keys, arrays and objects, expected fewer"
  );
  EXPECT_EQ(message_of("[1,2,3,4,5,6,7]", allowing(1)), "");
}

TEST(ParseJsonTest, OnlyAnObjectIsAnObject) {
  EXPECT_EQ(
      parse_json_object("[]", "f").status().message(), "[f] got an array, expected a JSON object"
  );
}

TEST(InQuotesTest, GivesOneShortLine) {
  EXPECT_EQ(in_quotes("a\n\"b\""), "\"a\\n\\\"b\\\"\"");
  EXPECT_EQ(in_quotes(std::string(79, 'a') + "\xC3\xA9"), "\"" + std::string(79, 'a') + "\"...");
}

class JsonReaderTest : public ::testing::Test {
 protected:
  boost::json::object object_ =
      parse_json_object(
          R"({"one": 1, "big": 3000000000, "huge": 1e30, "half": 0.5, "text": "t", "yes": true,
              "none": null, "list": [1], "map": {"k": 2}, "uint": 18446744073709551615})",
          "f"
      )
          .value();
  JsonReader reader_{object_, "f"};
};

TEST_F(JsonReaderTest, ReadsEachType) {
  std::int32_t one = 0;
  std::int64_t big = 0;
  double huge = 0;
  float half = 0;
  double integer = 0;
  std::string text;
  bool yes = false;
  reader_.get("one", one, {});
  reader_.get("big", big, {});
  reader_.get("huge", huge);
  reader_.get("half", half);
  reader_.get("one", integer);
  reader_.get("text", text);
  reader_.get("yes", yes);
  EXPECT_NE(reader_.object("map"), nullptr);
  EXPECT_NE(reader_.array("list"), nullptr);
  ASSERT_TRUE(reader_.status().ok()) << reader_.status().message();
  EXPECT_EQ(one, 1);
  EXPECT_EQ(big, 3'000'000'000);
  EXPECT_EQ(huge, 1e30);
  EXPECT_EQ(half, 0.5F);
  EXPECT_EQ(integer, 1.0);
  EXPECT_EQ(text, "t");
  EXPECT_TRUE(yes);
}

TEST_F(JsonReaderTest, MissingAndNullKeepTheDefault) {
  std::int32_t value = 7;
  reader_.get("none", value, {});
  reader_.get("absent", value, {});
  EXPECT_EQ(reader_.object("none"), nullptr);
  EXPECT_TRUE(reader_.status().ok());
  EXPECT_EQ(value, 7);
  reader_.require("none");
  EXPECT_EQ(reader_.status().message(), "[f] \"none\": got null, expected a value");
}

TEST_F(JsonReaderTest, WrongTypesAndRangesAreRefused) {
  const auto refuses = [&](auto value, std::string_view key, auto... range) {
    JsonReader reader(object_, "f", "outer");
    reader.get(key, value, range...);
    return reader.status().message();
  };
  EXPECT_EQ(
      refuses(std::int32_t{}, "one", IntegerRange{.min = 2, .max = 3}),
      "[f] \"outer.one\": got 1, expected an integer between 2 and 3"
  );
  EXPECT_NE(refuses(std::int32_t{}, "big", IntegerRange{}), "");
  EXPECT_NE(refuses(std::int64_t{}, "uint", IntegerRange{}), "");
  EXPECT_NE(refuses(std::int64_t{}, "half", IntegerRange{}), "");
  EXPECT_NE(refuses(std::int64_t{}, "text", IntegerRange{}), "");
  EXPECT_NE(refuses(0.0F, "huge", NumberRange{.max = 1e20}), "");
  EXPECT_NE(refuses(0.0, "text"), "");
  EXPECT_NE(refuses(false, "one"), "");
  EXPECT_NE(refuses(std::string(), "one"), "");
}

TEST_F(JsonReaderTest, TheFirstFailureIsKept) {
  bool value = false;
  reader_.get("one", value);
  const std::string first = reader_.status().message();
  reader_.get("text", value);
  EXPECT_EQ(reader_.object("list"), nullptr);
  EXPECT_EQ(reader_.status().message(), first);
}

}  // namespace
}  // namespace martlet
