#include "tokenizers/vocabulary.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

using Tokens = std::vector<std::pair<std::string, int32_t>>;

TEST(Vocabulary, FindsBothWays) {
  const auto vocabulary =
      Vocabulary::build({{"b", 7}, {"a", 0}, {"", 3}, {"\u00e9", 2'000'000'000}}, "v");
  ASSERT_TRUE(vocabulary);
  EXPECT_EQ(vocabulary->find("b"), 7);
  EXPECT_EQ(vocabulary->find(""), 3);
  EXPECT_EQ(vocabulary->find("c"), std::nullopt);
  EXPECT_EQ(vocabulary->token(0), "a");
  EXPECT_EQ(vocabulary->token(1), "");  // a hole
  EXPECT_EQ(vocabulary->token(2'000'000'000), "\u00e9");
  EXPECT_EQ(vocabulary->size(), 4U);
  EXPECT_EQ(vocabulary->end_id(), 2'000'000'001);
}

TEST(Vocabulary, TakesTheLastIdOfAToken) {
  const auto vocabulary = Vocabulary::build({{"a", 0}, {"a", 1}}, "v");
  ASSERT_TRUE(vocabulary);
  EXPECT_EQ(vocabulary->find("a"), 1);
  EXPECT_EQ(vocabulary->token(0), "");
  EXPECT_EQ(vocabulary->size(), 1U);
}

TEST(Vocabulary, RefusesAnIdOfTwoTokens) {
  const auto vocabulary = Vocabulary::build({{"a", 4}, {"b", 1}, {"c", 4}}, "v");
  ASSERT_FALSE(vocabulary);
  EXPECT_EQ(vocabulary.status().code(), StatusCode::kInvalidModel);
}

}  // namespace
}  // namespace martlet
