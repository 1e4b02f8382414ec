#include "server/service/text_pairs.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

TEST(TextPairs, EveryFirstMeetsEverySecond) {
  const std::vector<std::string_view> firsts{"a", "b"};
  const std::vector<std::string_view> seconds{"x", "y", "z"};
  const auto pairs = pair_texts(firsts, seconds, 6);
  ASSERT_TRUE(pairs) << pairs.error().message();
  std::string said;
  for (const TextInput& pair : *pairs) said += pair.text + pair.pair.value_or("-") + " ";
  EXPECT_EQ(said, "ax ay az bx by bz ");
  EXPECT_EQ(pair_texts(firsts, seconds, 5).status().code(), StatusCode::kInvalidInput);
  EXPECT_TRUE(pair_texts(firsts, {}, 5)->empty()) << "what that means is the model's to say";
}

TEST(TextPairs, BytesCountAsOftenAsTheyAreMeant) {
  const std::string long_text(kMaxMeantBytes / 4 - 1, 'q');
  const std::string_view query = long_text;
  std::vector<std::string_view> documents(4, "d");
  EXPECT_TRUE(pair_texts({&query, 1}, documents, 100));
  documents[0] = "dd";
  const auto refused = pair_texts({&query, 1}, documents, 100);
  EXPECT_EQ(refused.status().code(), StatusCode::kInvalidInput);
  EXPECT_NE(refused.status().message().find("got 67108865"), std::string::npos);
}

}  // namespace
}  // namespace martlet
