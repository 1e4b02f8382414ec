#include "tokenizers/bpe.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "tokenizers/byte_level.h"
#include "tokenizers/test_tokenizers.h"
#include "tokenizers/text_normalizer.h"

namespace martlet {
namespace {

BpeConfig letters() {
  BpeConfig config;
  config.vocab = {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"bc", 4}, {"abc", 5}};
  config.merges = {{"b", "c"}, {"a", "b"}, {"a", "bc"}};
  return config;
}

std::vector<Token> tokenize(const BpeConfig& config, std::string_view text) {
  const auto model = Bpe::build(config, "test");
  EXPECT_TRUE(model) << model.status().message();
  Chars word;
  std::vector<int32_t> byte_begin;
  read_chars(text, word, byte_begin);
  Bpe::Scratch scratch;
  std::vector<Token> tokens;
  model->tokenize(word, scratch, tokens);
  return tokens;
}

std::vector<int32_t> ids(const BpeConfig& config, std::string_view text) {
  std::vector<int32_t> result;
  for (const Token& token : tokenize(config, text)) result.push_back(token.id);
  return result;
}

TEST(Bpe, JoinsTheEarliestPairFirst) {
  EXPECT_EQ(ids(letters(), "abc"), (std::vector<int32_t>{5}));  // a bc, not ab c
  EXPECT_EQ(ids(letters(), "abab"), (std::vector<int32_t>{3, 3}));
  EXPECT_EQ(ids(letters(), "cba"), (std::vector<int32_t>{2, 1, 0}));
}

TEST(Bpe, DropsFusesOrNamesWhatIsUnknown) {
  BpeConfig config = letters();
  EXPECT_EQ(ids(config, "xabx"), (std::vector<int32_t>{3}));
  config.vocab.emplace_back("?", 9);
  config.unk_token = "?";
  EXPECT_EQ(ids(config, "xyab"), (std::vector<int32_t>{9, 9, 3}));
  config.fuse_unk = true;
  EXPECT_EQ(ids(config, "xyab"), (std::vector<int32_t>{9, 3}));
}

TEST(Bpe, RefusesMergesOfUnknownTokens) {
  BpeConfig config = letters();
  config.merges.emplace_back("c", "a");
  EXPECT_EQ(Bpe::build(config, "test").status().code(), StatusCode::kInvalidModel);
  config = letters();
  config.unk_token = "?";
  EXPECT_EQ(Bpe::build(config, "test").status().code(), StatusCode::kInvalidModel);
}

TEST(Bpe, TakesALongWordInNearlyLinearTime) {
  std::string word;
  for (int i = 0; i < 200'000; ++i) word += "ab";
  const std::clock_t began = std::clock();  // CPU time: others may run meanwhile
  EXPECT_EQ(ids(letters(), word).size(), 200'000U);
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 20);
}

TEST(ByteLevel, WritesBytesThatDoNotPrintFrom256On) {
  EXPECT_EQ(byte_level::code_of('a'), U'a');
  EXPECT_EQ(byte_level::code_of(' '), U'\u0120');
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(byte_level::byte_of(byte_level::code_of(uint8_t(byte))), byte);
  }
  EXPECT_EQ(byte_level::byte_of(U' '), -1);
  EXPECT_EQ(byte_level::byte_of(U'\u4E2D'), -1);
}

TEST(ByteLevel, DecodesACodePointInTwoTokens) {
  const Tokenizer tokenizer = load_golden_tokenizer("byte_level");
  const auto text_ids = ids_of(tokenizer, "\u9F98", {.add_special_tokens = false});
  EXPECT_GT(text_ids.size(), 1U);
  EXPECT_EQ(tokenizer.decode(text_ids), " \u9F98");
  EXPECT_EQ(tokenizer.decode(std::span(text_ids).last(1)), "\uFFFD");
}

TEST(TextNormalizer, GoesThroughItsSteps) {
  const TextNormalizer normalizer(
      {UnicodeForm::kNfkd, StripAccentsConfig{}, LowercaseConfig{},
       ReplaceConfig{.pattern = "ab", .content = "-"},
       ReplaceConfig{.what = ReplaceConfig::What::kSpaces, .content = "_"}, StripConfig{},
       PrependConfig{"> "}}
  );
  EXPECT_EQ(normalizer.normalize(" \u00C9\uFF21B  x y "), "> e-_x y");
  EXPECT_EQ(normalizer.normalize(""), "");
}

TEST(TextNormalizer, ReplacesBlanks) {
  const TextNormalizer normalizer(
      {ReplaceConfig{.what = ReplaceConfig::What::kBlanks, .content = "_"}}
  );
  EXPECT_EQ(normalizer.normalize("a b\tc \u3000d\n\ne\u00A0f\r"), "a b_c_d_e\u00A0f_");
}

TEST(TextNormalizer, Composes) {
  const TextNormalizer nfc({UnicodeForm::kNfc});
  EXPECT_EQ(nfc.normalize("e\u0301"), "\u00E9");
  EXPECT_EQ(nfc.normalize("a\u0316\u0301"), "\u00E1\u0316");  // a mark of another class between
  EXPECT_EQ(nfc.normalize("\u1100\u1161\u11A8"), "\uAC01");
  EXPECT_EQ(nfc.normalize("\u0301e"), "\u0301e");
}

}  // namespace
}  // namespace martlet
