#include <gtest/gtest.h>

#include "rows/row_parser_testing.h"

namespace martlet {
namespace {

using Texts = std::vector<std::string>;

Texts read(std::string_view input, std::size_t chunk_bytes = 0, std::size_t max_row_bytes = 100) {
  const auto parser =
      make_txt_parser({.where = "in.txt", .columns = {}, .max_row_bytes = max_row_bytes});
  return texts_of(*parser, input, chunk_bytes);
}

TEST(Txt, OneTextPerLine) { EXPECT_EQ(read("a\nb c\n"), (Texts{"a", "b c"})); }

TEST(Txt, TheLastLineNeedsNoNewline) { EXPECT_EQ(read("a\nb"), (Texts{"a", "b"})); }

TEST(Txt, EmptyLinesAreTexts) { EXPECT_EQ(read("\n\na\n\n"), (Texts{"", "", "a", ""})); }

TEST(Txt, NothingIsNoText) { EXPECT_EQ(read(""), Texts{}); }

TEST(Txt, WindowsLineEnds) { EXPECT_EQ(read("a\r\n\r\nb\r"), (Texts{"a", "", "b"})); }

TEST(Txt, ReturnsAndNulsInsideALineAreText) {
  EXPECT_EQ(read(std::string_view("a\rb\0c\n", 6)), (Texts{std::string("a\rb\0c", 5)}));
}

TEST(Txt, ChunksDoNotMatter) {
  const std::string_view input = "one\r\n\ntwo\nthree\r\n\r\nlast";
  for (std::size_t chunk = 1; chunk <= input.size(); ++chunk) {
    EXPECT_EQ(read(input, chunk), read(input)) << chunk;
  }
}

TEST(Txt, ALineLongerThanTheLimitIsAnErrorWithItsNumber) {
  const std::string input = "short\n" + std::string(101, 'x') + "\n";
  for (const std::size_t chunk : {0, 1, 7}) {
    EXPECT_EQ(
        read(input, chunk),
        Texts{"ERROR [in.txt:2] got a line of more than 100 bytes, expected a shorter one"}
    );
  }
}

}  // namespace
}  // namespace martlet
