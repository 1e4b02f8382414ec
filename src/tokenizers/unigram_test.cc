#include "tokenizers/unigram.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace martlet {
namespace {

UnigramConfig letters() {
  return {
      .vocab = {{"?", 0.0}, {"a", -1.0}, {"b", -1.0}, {"ab", -1.5}, {"abc", -9.0}, {"c", -3.0}},
      .unk_id = 0
  };
}

std::vector<Token> tokenize(
    const UnigramConfig& config, std::string_view text, Unigram::Scratch& scratch
) {
  const auto model = Unigram::build(config, "test");
  EXPECT_TRUE(model) << model.status().message();
  Chars word;
  std::vector<int32_t> byte_begin;
  read_chars(text, word, byte_begin);
  std::vector<Token> tokens;
  model->tokenize(word, scratch, tokens);
  return tokens;
}

std::vector<Token> tokenize(const UnigramConfig& config, std::string_view text) {
  Unigram::Scratch scratch;
  return tokenize(config, text, scratch);
}

std::vector<int32_t> ids(const UnigramConfig& config, std::string_view text) {
  std::vector<int32_t> result;
  for (const Token& token : tokenize(config, text)) result.push_back(token.id);
  return result;
}

TEST(Unigram, TakesTheBestSum) {
  EXPECT_EQ(ids(letters(), "ab"), (std::vector<int32_t>{3}));      // -1.5, not -2
  EXPECT_EQ(ids(letters(), "abc"), (std::vector<int32_t>{3, 5}));  // -4.5, not -9
  EXPECT_EQ(ids(letters(), "ba"), (std::vector<int32_t>{2, 1}));
}

TEST(Unigram, OfEqualSumsTheOneWhoseLastTokenIsLongest) {
  const UnigramConfig config{.vocab = {{"?", 0.0}, {"a", -1.0}, {"aa", -1.0}}, .unk_id = 0};
  EXPECT_EQ(ids(config, "aaa"), (std::vector<int32_t>{1, 2}));
}

TEST(Unigram, UnknownNeighboursAreOneToken) {
  const auto tokens = tokenize(letters(), "axyb\u00e9");
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens[1].id, 0);
  EXPECT_EQ(tokens[1].begin, 1);
  EXPECT_EQ(tokens[1].end, 3);
  EXPECT_EQ(tokens[3].id, 0);
}

TEST(Unigram, SpellsTheUnknownInBytesWhereAllOfThemAreTokens) {
  UnigramConfig config = letters();
  config.byte_fallback = true;
  EXPECT_EQ(ids(config, "x"), (std::vector<int32_t>{0}));
  config.vocab.emplace_back("<0xC3>", -1.0);
  EXPECT_EQ(ids(config, "\u00e9"), (std::vector<int32_t>{0}));
  config.vocab.emplace_back("<0xA9>", -1.0);
  EXPECT_EQ(ids(config, "\u00e9"), (std::vector<int32_t>{6, 7}));
}

TEST(Unigram, WithoutAnUnknownTokenSaysWhatItCannotSpell) {
  UnigramConfig config = letters();
  config.unk_id.reset();
  EXPECT_EQ(ids(config, "abc"), (std::vector<int32_t>{3, 5}));
  config.vocab.emplace_back("xy", -1.0);
  for (const std::string_view text : {"ax", "axy"}) {  // "xy" is a token, "x" is none
    Unigram::Scratch scratch;
    EXPECT_TRUE(tokenize(config, text, scratch).empty());
    EXPECT_EQ(scratch.unspelled, U'x') << text;
  }
}

TEST(Unigram, LongWordsTakeLinearTime) {
  const auto seconds = [](std::size_t size) {
    const std::string word(size, 'a');
    const std::clock_t began = std::clock();  // CPU time: others may run meanwhile
    EXPECT_EQ(ids(letters(), word).size(), size);
    return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  };
  const double once = seconds(100'000);
  EXPECT_LT(seconds(800'000), 40 * once + 0.5);  // quadratic: 64 times
}

}  // namespace
}  // namespace martlet
