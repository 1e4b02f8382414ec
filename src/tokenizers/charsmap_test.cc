// That it does what `tokenizers` does is shown by tests/e2e/tokenizer_unigram_parity.py.
#include "tokenizers/charsmap.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tokenizers/graphemes.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

Chars read(std::string_view text) {
  Chars chars;
  std::vector<int32_t> byte_begin;
  read_chars(text, chars, byte_begin);
  return chars;
}

std::vector<std::size_t> clusters(std::string_view text) {
  const Chars chars = read(text);
  std::vector<std::size_t> lengths;
  for (std::span<const Char> rest = chars; !rest.empty(); rest = rest.subspan(lengths.back()))
    lengths.push_back(cluster_length(rest));
  return lengths;
}

TEST(Graphemes, AreWhatUnicodeSays) {
  using Lengths = std::vector<std::size_t>;
  EXPECT_EQ(clusters("ab"), (Lengths{1, 1}));
  EXPECT_EQ(clusters("\r\n\r"), (Lengths{2, 1}));
  EXPECT_EQ(clusters("e\u0301\u0308x"), (Lengths{3, 1}));
  EXPECT_EQ(clusters("\n\u0301"), (Lengths{1, 1}));                  // a control stands alone
  EXPECT_EQ(clusters("\u0600a"), (Lengths{2}));                      // prepended
  EXPECT_EQ(clusters("\u1100\u1161\u11a8\u1100"), (Lengths{3, 1}));  // a Korean syllable
  EXPECT_EQ(clusters("\u0915\u094d\u0937\u0915"), (Lengths{3, 1}));  // a conjunct
  EXPECT_EQ(clusters("\u00a9\u200d\u00aea"), (Lengths{3, 1}));       // joined pictographs
  EXPECT_EQ(clusters("a\u200d\u00ae"), (Lengths{2, 1}));
}

/// One key of one byte, 'a', which becomes `text`.
CharsmapConfig a_to(std::string_view text) {
  CharsmapConfig config;
  config.units.assign(256, 0);
  config.units[0] = 0;
  config.units['a'] = uint32_t{'a'} | 1U << 8 | ('a' ^ 1U) << 10;  // its value is at 1
  config.units[1] = 1U << 31;
  config.strings = std::string(text) + std::string(1, '\0');
  return config;
}

std::string applied(const CharsmapConfig& config, std::string_view text) {
  Chars chars = read(text);
  Chars spare;
  apply_charsmap(config, chars, spare);
  std::string out;
  int32_t last = 0;
  for (const Char& c : chars) {
    unicode::append_utf8(c.code, out);
    EXPECT_GE(c.source, last);
    last = c.source;
  }
  return out;
}

TEST(Charsmap, ReplacesShortClustersAsOne) {
  EXPECT_EQ(applied(a_to("xy"), "bab"), "bxyb");
  EXPECT_EQ(applied(a_to("x"), "a\u0301b"), "xb");  // three bytes: the accent goes too
  EXPECT_EQ(applied(a_to("x"), "a\u0301\u0302\u0303"), "x\u0301\u0302\u0303");  // seven: it stays
  EXPECT_EQ(applied(a_to(""), "aab"), "b");
}

TEST(Charsmap, SourcesAreThoseOfWhatWasReplaced) {
  Chars chars = read("bac");
  Chars spare;
  apply_charsmap(a_to("xyz"), chars, spare);
  std::vector<int32_t> sources;
  for (const Char& c : chars) sources.push_back(c.source);
  EXPECT_EQ(sources, (std::vector<int32_t>{0, 1, 1, 1, 2}));
}

TEST(Charsmap, NoTableLeadsOutOfItself) {
  std::minstd_rand random(3);
  for (int round = 0; round < 2000; ++round) {
    CharsmapConfig config;
    config.units.resize(random() % 300);
    for (uint32_t& unit : config.units) {
      unit = uint32_t(random()) << 1;
      if (random() % 2 == 0) unit = (unit & ~0x800000FFU) | uint32_t(random() % 256);
    }
    config.strings.assign(random() % 20, char(random() % 256));
    (void)applied(config, "abc \u00e9e\u0301 \u4e2d\U0001f600");
  }
}

}  // namespace
}  // namespace martlet
