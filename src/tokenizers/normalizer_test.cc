#include "tokenizers/normalizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace martlet {
namespace {

constexpr BertNormalizerConfig kNothing{
    .clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false
};

std::string normalize(const BertNormalizerConfig& config, std::string_view text) {
  return BertNormalizer(config).normalize(text);
}

std::vector<int32_t> sources_of(const Chars& chars) {
  std::vector<int32_t> sources;
  for (const Char& c : chars) sources.push_back(c.source);
  return sources;
}

struct Decomposed {
  std::u32string codes;
  std::vector<int32_t> sources;
};

Decomposed decomposed(std::string_view text) {
  Chars chars;
  Chars spare;
  std::vector<int32_t> byte_begin;
  read_chars(text, chars, byte_begin);
  decompose(chars, spare);
  Decomposed result;
  for (const Char& c : chars) result.codes += c.code;
  result.sources = sources_of(chars);
  return result;
}

TEST(BertNormalizer, DoesWhatItsFlagsSay) {
  const std::string_view text = "\u00c9\u4e2d\x01\tb";
  EXPECT_EQ(normalize(kNothing, text), text);
  BertNormalizerConfig config = kNothing;
  config.clean_text = true;
  EXPECT_EQ(normalize(config, text), "\u00c9\u4e2d b");
  config.handle_chinese_chars = true;
  EXPECT_EQ(normalize(config, text), "\u00c9 \u4e2d  b");
  config.strip_accents = true;
  EXPECT_EQ(normalize(config, text), "E \u4e2d  b");
  config.lowercase = true;
  EXPECT_EQ(normalize(config, text), "e \u4e2d  b");
}

TEST(BertNormalizer, LowersWhatItDecomposes) {
  EXPECT_EQ(normalize({}, "\u212B\u0130"), "ai");  // the sign Angstrom, dotted I
  BertNormalizerConfig lower = kNothing;
  lower.lowercase = true;
  EXPECT_EQ(normalize(lower, "\u212B\u0130"), "\u00e5i\u0307");
}

TEST(BertNormalizer, RemembersWhereCodePointsComeFrom) {
  Chars chars;
  Chars spare;
  std::vector<int32_t> byte_begin;
  read_chars("\x01\u00c9\u4e2d\uac00", chars, byte_begin);
  BertNormalizer({}).normalize(chars, spare);
  EXPECT_EQ(sources_of(chars), (std::vector<int32_t>{1, 2, 2, 2, 3, 3}));
  EXPECT_EQ(byte_begin, (std::vector<int32_t>{0, 1, 3, 6, 9}));
}

TEST(Decompose, OrdersMarksAndGivesOutSourcesInTheOrderOfTheResult) {
  const Decomposed marks = decomposed("a\u0301\u0316\u0302x\u0327");
  EXPECT_EQ(marks.codes, U"a\u0316\u0301\u0302x\u0327");
  EXPECT_EQ(marks.sources, (std::vector<int32_t>{0, 1, 2, 3, 4, 5}));
  const Decomposed both = decomposed("\u00e9\u0316b");
  EXPECT_EQ(both.codes, U"e\u0316\u0301b");
  EXPECT_EQ(both.sources, (std::vector<int32_t>{0, 1, 1, 2}));
}

}  // namespace
}  // namespace martlet
