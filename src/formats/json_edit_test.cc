#include "formats/json_edit.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

std::string edited(std::string_view text, const std::vector<JsonEdit>& edits) {
  const auto result = edit_json_object(text, "f", edits);
  EXPECT_TRUE(result) << result.status().message();
  return result ? *result : "";
}

TEST(JsonEditTest, ReplacesRemovesAndAdds) {
  EXPECT_EQ(
      edited(
          R"({"a":1,"b":{"a":[1,{"x":"}"}]},"c":"\"},{"})",
          {{"a", "null"}, {"c", std::nullopt}, {"d", "[2]"}, {"e", std::nullopt}, {"f", "1", false}}
      ),
      R"({"a":null,"b":{"a":[1,{"x":"}"}]},"d":[2]})"
  );
}

TEST(JsonEditTest, KeepsNumbersAndNestedLayout) {
  EXPECT_EQ(
      edited("{\n  \"e\": 1.10e-012 ,\n  \"n\": {\n    \"k\": -0.0\n  }\n}", {{"z", "1"}}),
      "{\n  \"e\": 1.10e-012,\n  \"n\": {\n    \"k\": -0.0\n  },\n  \"z\": 1\n}\n"
  );
}

TEST(JsonEditTest, FindsAnEscapedKey) {
  EXPECT_EQ(edited(R"({"\u0061\\" : 1})", {{"a\\", "2"}}), R"({"a\\":2})");
}

TEST(JsonEditTest, EmptyObjects) {
  EXPECT_EQ(edited(" { } ", {}), "{}");
  EXPECT_EQ(edited("{}", {{"a", "1"}}), R"({"a":1})");
  EXPECT_EQ(edited(R"({"a":{}, "b":[]})", {{"a", std::nullopt}}), R"({"b":[]})");
}

TEST(JsonEditTest, WhatIsNoObjectIsRefused) {
  for (const std::string_view text : {"", "[]", "{", R"({"a":1,"a":2})", "{} x"}) {
    EXPECT_EQ(edit_json_object(text, "f", {}).status().code(), StatusCode::kInvalidModel) << text;
  }
}

}  // namespace
}  // namespace martlet
