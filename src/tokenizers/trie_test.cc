#include "tokenizers/trie.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

Trie::Match longest(const Trie& trie, std::u32string_view text, Trie::Node start = Trie::kRoot) {
  return trie.longest_match(text.size(), [&](std::size_t i) { return text[i]; }, start);
}

TEST(Trie, FindsTheLongestKey) {
  Trie trie;
  EXPECT_EQ(trie.insert("a", 1), Trie::kNoValue);
  EXPECT_EQ(trie.insert("abc", 2), Trie::kNoValue);
  EXPECT_EQ(longest(trie, U"abcd").value, 2);
  EXPECT_EQ(longest(trie, U"abd").value, 1);
  EXPECT_EQ(longest(trie, U"abd").length, 1U);
  EXPECT_EQ(longest(trie, U"b").length, 0U);
  EXPECT_EQ(longest(trie, U"").length, 0U);
}

TEST(Trie, StartsBelowAPrefix) {
  Trie trie;
  trie.insert("##", 0);
  trie.insert("##\u00e9", 7);
  const Trie::Node start = trie.find_node("##");
  EXPECT_EQ(longest(trie, U"\u00e9", start).value, 7);
  EXPECT_EQ(longest(trie, U"x", start).length, 0U);
  EXPECT_EQ(trie.find_node("#x"), Trie::kNoNode);
}

TEST(Trie, SaysWhatAKeyHadBefore) {
  Trie trie;
  trie.insert("a", 1);
  EXPECT_EQ(trie.insert("a", 5), 1);
  EXPECT_EQ(trie.find("a"), 5);
  EXPECT_EQ(trie.find("aa"), Trie::kNoValue);
}

TEST(Trie, HoldsManyKeys) {
  Trie trie;
  trie.reserve(100);
  for (int i = 0; i < 20000; ++i) trie.insert(std::to_string(i), i);
  for (int i = 0; i < 20000; ++i) ASSERT_EQ(trie.find(std::to_string(i)), i);
}

}  // namespace
}  // namespace martlet
