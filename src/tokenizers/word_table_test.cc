#include "tokenizers/word_table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace martlet {
namespace {

WordKey key_of(std::string_view word) {
  char padded[2 * WordKey::kMaxSize];
  std::memset(padded, 'x', sizeof padded);  // what follows a word must not count
  word.copy(padded, word.size());
  return WordKey::read(padded, word.size());
}

TEST(WordKey, IsTheWordAlone) {
  const std::string_view word = "abcdefghijklmnop";
  for (std::size_t size = 1; size <= WordKey::kMaxSize; ++size) {
    EXPECT_EQ(key_of(word.substr(0, size)), key_of(std::string(word.substr(0, size))));
    if (size > 1) {
      EXPECT_NE(key_of(word.substr(0, size)), key_of(word.substr(0, size - 1)));
    }
  }
}

TEST(WordTable, FindsItsWords) {
  std::vector<std::pair<WordKey, int32_t>> words;
  for (int32_t i = 0; i < 5000; ++i) words.emplace_back(key_of(std::to_string(i * 7919)), i);
  const WordTable table(words);
  for (const auto& [key, id] : words) ASSERT_EQ(table.find(key, key.hash()), id);
  EXPECT_EQ(table.find(key_of("no"), key_of("no").hash()), WordTable::kNoId);
  EXPECT_EQ(WordTable({}).find(key_of("no"), 0), WordTable::kNoId);
}

TEST(WordCache, KeepsTheLastWordOfAPlace) {
  WordCache cache;
  const std::vector<int32_t> ids{1, 2, 3};
  EXPECT_TRUE(cache.find(key_of("a"), 5).empty());
  cache.store(key_of("a"), 5, ids);
  const auto found = cache.find(key_of("a"), 5);
  EXPECT_EQ(std::vector<int32_t>(found.begin(), found.end()), ids);
  cache.store(key_of("b"), 5, ids);
  EXPECT_TRUE(cache.find(key_of("a"), 5).empty());
  cache.store(key_of("c"), 6, std::vector<int32_t>(WordCache::kMaxIds + 1));
  EXPECT_TRUE(cache.find(key_of("c"), 6).empty());
}

}  // namespace
}  // namespace martlet
