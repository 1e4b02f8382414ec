// The fast path must give what the general path gives: a call with offsets takes the general path.
#include "tokenizers/ascii_tokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tokenizers/test_tokenizers.h"

namespace martlet {
namespace {

constexpr std::string_view kPieces[] = {
    "the",
    "THE",
    "un",
    "aff",
    "able",
    "movie",
    "zzz",
    "don't",
    "a",
    "b",
    " ",
    "  ",
    "\t",
    "\n",
    ".",
    "!?",
    "_",
    "#",
    "[",
    "[[",
    "[mask]",
    "<",
    "new york",
    "word",
    // What the fast path leaves to the general path:
    "New York",
    "<x>",
    "<y>",
    "<left>",
    "<z>",
    "<Z>",
    "[MASK]",
    "<single>",
    "newyork",
    "\x01",
    "\x0b",
    "\x7f",
    "\xc3\xa9",
    "\xcc\x81",
    "\xe4\xb8\xad",
    "\xff",
};
constexpr std::size_t kEasyPieces = 24;

std::string random_text(std::mt19937& random) {
  std::string text;
  const std::size_t pieces = random() % 12;
  const std::size_t choices = random() % 2 == 0 ? kEasyPieces : std::size(kPieces);
  for (std::size_t i = 0; i < pieces; ++i) text += kPieces[random() % choices];
  if (random() % 16 == 0) text += std::string(random() % 120, 'a');
  return text;
}

class FastPath : public testing::TestWithParam<std::string_view> {};

TEST_P(FastPath, EqualsTheGeneralPath) {
  const Tokenizer tokenizer = load_golden_tokenizer(GetParam());
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random);
    const EncodeOptions options{.max_length = random() % 4 == 0 ? int32_t(2 + random() % 8) : 0};
    EncodeOptions general = options;
    general.offsets = true;
    ASSERT_EQ(ids_of(tokenizer, text, options), ids_of(tokenizer, text, general)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizers, FastPath, testing::Values("uncased", "cased", "accents", "bare", "added"),
    [](const auto& info) { return std::string(info.param); }
);

class AsciiTokenizerTest : public testing::Test {
 protected:
  AsciiTokenizerTest() {
    WordPieceConfig config{.unk_token = "[UNK]", .continuing_subword_prefix = "##", .vocab = {}};
    config.vocab = {{"[UNK]", 0}, {"a", 1}, {"##b", 2}, {"!", 3}, {"abcdefghijklmnopq", 4}};
    model_ = WordPiece::build(config, "test").value();
    std::vector<AddedToken> added(1);
    added[0].content = "bat";
    added_ = AddedTokens::build(added, model_.vocabulary(), TextNormalizer({}), "test").value();
  }

  /// The ids, or {-1} when the text is refused.
  std::vector<int32_t> tokenize(std::string_view text, std::size_t max_ids = 1000) {
    const BertNormalizerConfig normalizer;
    const AsciiTokenizer tokenizer(model_, added_, &normalizer);
    std::vector<int32_t> ids;
    if (tokenizer.tokenize(text, max_ids, scratch_, ids)) return ids;
    EXPECT_TRUE(ids.empty());
    return {-1};
  }

  WordPiece model_;
  AddedTokens added_;
  AsciiTokenizer::Scratch scratch_;
};

using Ids = std::vector<int32_t>;

TEST_F(AsciiTokenizerTest, TakesAscii) {
  EXPECT_EQ(tokenize(""), Ids{});
  EXPECT_EQ(tokenize("a AB! \t\n xyz AB"), (Ids{1, 1, 2, 3, 0, 1, 2}));
  EXPECT_EQ(tokenize("ABCDEFGHIJKLMNOPQ abcdefghijklmnopqr"), (Ids{4, 0}));
  EXPECT_EQ(tokenize("aba"), Ids{0});
}

TEST_F(AsciiTokenizerTest, LeavesTheRestToTheGeneralPath) {
  EXPECT_EQ(tokenize("a\xcc\x81"), Ids{-1});
  EXPECT_EQ(tokenize("a \xcc\x81"), Ids{-1});
  EXPECT_EQ(tokenize("a\x01"), Ids{-1});
  EXPECT_EQ(tokenize(std::string_view("\0", 1)), Ids{-1});
  EXPECT_EQ(tokenize("a bat"), Ids{-1});
  EXPECT_EQ(tokenize("abat"), Ids{-1});
  EXPECT_EQ(tokenize("ba"), Ids{0});
}

TEST_F(AsciiTokenizerTest, StopsWhenItHasEnough) {
  EXPECT_EQ(tokenize("ab ab ab", 3), (Ids{1, 2, 1, 2}));
  EXPECT_EQ(tokenize("ab ab\xcc\x81", 3), Ids{-1});  // the mark is part of the last word needed
  EXPECT_EQ(tokenize("ab ab \xcc\x81", 3), (Ids{1, 2, 1, 2}));
}

}  // namespace
}  // namespace martlet
