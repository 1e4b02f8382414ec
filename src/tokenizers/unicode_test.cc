#include "tokenizers/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::unicode {
namespace {

std::u32string read_all(std::string_view text) {
  std::u32string codes;
  for (std::size_t position = 0; position < text.size();) codes += read_utf8(text, position);
  return codes;
}

TEST(Unicode, KnowsProperties) {
  EXPECT_TRUE(has(U'\0', kControl));
  EXPECT_TRUE(has(U'\xAD', kControl));  // soft hyphen
  EXPECT_TRUE(has(kReplacement, kControl));
  EXPECT_FALSE(has(U'\t', kControl));
  EXPECT_TRUE(has(U'\t', kSpace));
  EXPECT_TRUE(has(U'\u3000', kSpace));
  EXPECT_TRUE(has(U'$', kPunctuation));  // BERT's own idea: all ASCII symbols are
  EXPECT_FALSE(has(U'\u20AC', kPunctuation));
  EXPECT_TRUE(has(U'\u4E2D', kIdeograph));
  EXPECT_FALSE(has(U'\u3042', kIdeograph));  // Hiragana
  EXPECT_TRUE(has(U'\u0301', kMark));
  EXPECT_TRUE(has(U'_', kWord));
  EXPECT_EQ(combining_class(U'\u0301'), 230);
  EXPECT_EQ(record(0x10FFFF) & kWord, 0U);
}

TEST(Unicode, LowersAndDecomposes) {
  std::array<char32_t, 3> buffer{};
  EXPECT_EQ(to_lower(U'\u0130'), U"i\u0307");
  EXPECT_EQ(to_lower(U'\u1E9E'), U"\u00DF");
  EXPECT_FALSE(has(U'\u00DF', kLower));
  EXPECT_EQ(decompose(U'\u1E9B', buffer), U"\u017F\u0307");
  EXPECT_EQ(decompose(U'\u1F82', buffer), U"\u03B1\u0313\u0300\u0345");
  EXPECT_EQ(decompose(U'\uAC00', buffer), U"\u1100\u1161");
  EXPECT_EQ(decompose(U'\uD7A3', buffer), U"\u1112\u1175\u11C2");
}

TEST(Unicode, ReadsWhatItAppends) {
  for (const char32_t code :
       {U'a', U'\x7F', U'\x80', U'\u07FF', U'\u0800', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    append_utf8(code, text);
    EXPECT_EQ(read_all(text), std::u32string(1, code));
  }
}

TEST(Unicode, ReadsInvalidPartsAsOneReplacementEach) {
  EXPECT_EQ(read_all("\x80\xBF"), U"\uFFFD\uFFFD");
  EXPECT_EQ(read_all("\xC0\x80"), U"\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(read_all("\xE2\x82 \xE2"), U"\uFFFD \uFFFD");                // cut
  EXPECT_EQ(read_all("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(read_all("\xF0\x9F\x98z"), U"\uFFFDz");                      // three of four bytes
  EXPECT_EQ(read_all("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(
      read_all("\xFF"
               "a"),
      U"\uFFFDa"
  );
}

}  // namespace
}  // namespace martlet::unicode
