#include <gtest/gtest.h>

#include "rows/row_parser_testing.h"

namespace martlet {
namespace {

using Texts = std::vector<std::string>;

Texts read(
    std::string_view input, const TextColumns& columns = {}, char separator = ',',
    std::size_t chunk_bytes = 0
) {
  const auto parser =
      make_csv_parser({.where = "in.csv", .columns = columns, .max_row_bytes = 100}, separator);
  return texts_of(*parser, input, chunk_bytes);
}

TEST(Csv, ColumnsByName) {
  EXPECT_EQ(read("id,text\n1,a\n2,b\n"), (Texts{"a", "b"}));
  EXPECT_EQ(read("id,sentence\n1,a\n"), Texts{"a"});
  EXPECT_EQ(read("review\na\n"), Texts{"a"});
  EXPECT_EQ(read("id,review\n1,a\n", {.text = "review"}), Texts{"a"});
  EXPECT_EQ(read("review,label\na,1\n", {.label = "label"}), Texts{"a"});
}

TEST(Csv, AColumnThatIsNotThere) {
  EXPECT_EQ(
      read("id,text\n1,a\n", {.text = "nope"}),
      Texts{"ERROR [in.csv:1] no column 'nope', got columns id, text"}
  );
  EXPECT_EQ(
      read("text,text\na,b\n"),
      Texts{"ERROR [in.csv:1] got more than one column 'text', expected one"}
  );
}

TEST(Csv, QuotesCommasAndNewlines) {
  EXPECT_EQ(
      read("text,n\n\"a, \"\"b\"\"\nc\",1\r\n\"\",2\n5\" screen,3\n\"x\"\r\n"),
      Texts{"ERROR [in.csv:6] got 1 fields, expected 2 as in the header"}
  );
  EXPECT_EQ(
      read("text,n\n\"a, \"\"b\"\"\nc\",1\r\n\"\",2\n5\" screen,3\n\"x\",4"),
      (Texts{"a, \"b\"\nc", "", "5\" screen", "x"})
  );
}

TEST(Csv, RaggedRowsAreErrorsWithTheirLine) {
  EXPECT_EQ(
      read("text,n\n\"two\nlines\",1\na,2,3\n"),
      Texts{"ERROR [in.csv:4] got 3 fields, expected 2 as in the header"}
  );
}

TEST(Csv, BlankLinesAreSkippedAndEmptyFieldsAreTexts) {
  EXPECT_EQ(read("text\n\na\n\r\n\"\"\nb"), (Texts{"a", "", "b"}));
  EXPECT_EQ(read("n,text\n1,\n,a\n"), (Texts{"", "a"}));
}

TEST(Csv, BrokenQuotes) {
  EXPECT_EQ(
      read("text\nok\n\"a\nb\n"),
      Texts{"ERROR [in.csv:3] got the end of the input inside a quoted field, expected a closing "
            "quote"}
  );
  EXPECT_EQ(
      read("text\n\"a\" b\n")[0].substr(0, 46), "ERROR [in.csv:2] got text after a closing quot"
  );
  EXPECT_EQ(
      read("text\n\"a\"\r\"\n")[0].substr(0, 46), "ERROR [in.csv:2] got text after a closing quot"
  );
}

TEST(Csv, NoRowsAtAll) {
  EXPECT_EQ(read(""), Texts{"ERROR [in.csv] got no rows at all, expected a header row"});
  EXPECT_EQ(read("text\n"), Texts{});
  EXPECT_EQ(read("text"), Texts{});
}

TEST(Csv, LimitsOnRowsAndColumns) {
  EXPECT_EQ(
      read("text\n\"" + std::string(101, 'x')),
      Texts{"ERROR [in.csv:2] got a row of more than 100 bytes, expected a shorter one"}
  );
  EXPECT_EQ(
      read("text\n" + std::string(20000, ',')),
      Texts{"ERROR [in.csv:2] got more than 16384 columns, expected fewer"}
  );
}

TEST(Csv, Tabs) {
  EXPECT_EQ(read("id\ttext\n1\ta, b\n2\t\"c\td\"\n", {}, '\t'), (Texts{"a, b", "c\td"}));
}

TEST(Csv, ChunksDoNotMatter) {
  for (const std::string_view input :
       {"text,n\r\n\"a \"\"b\"\"\r\nc\",1\r\n\r\n\"\",2\n5\",3\n\"x\",4\r", "text\r\n\"a\" \n",
        "text,n\na\n", "\"te\"\"xt\"\nb\r\n"}) {
    for (std::size_t chunk = 1; chunk <= input.size(); ++chunk) {
      EXPECT_EQ(read(input, {}, ',', chunk), read(input)) << chunk << " of " << input;
    }
  }
}

}  // namespace
}  // namespace martlet
