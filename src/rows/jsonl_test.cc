#include <gtest/gtest.h>

#include "rows/row_parser_testing.h"

namespace martlet {
namespace {

using Texts = std::vector<std::string>;

std::unique_ptr<RowParser> parser(const TextColumns& columns = {}) {
  return make_jsonl_parser({.where = "in.jsonl", .columns = columns});
}

Texts read(std::string_view input, const TextColumns& columns = {}, std::size_t chunk_bytes = 0) {
  return texts_of(*parser(columns), input, chunk_bytes);
}

TEST(Jsonl, TheKeyIsTextElseSentenceElseTheOnlyString) {
  EXPECT_EQ(read(R"({"sentence": "no", "text": "yes"})"), Texts{"yes"});
  EXPECT_EQ(read(R"({"title": "no", "sentence": "yes"})"), Texts{"yes"});
  EXPECT_EQ(read(R"({"id": 1, "review": "yes", "stars": 5})"), Texts{"yes"});
}

TEST(Jsonl, SeveralStringsNeedAColumn) {
  EXPECT_EQ(
      read(R"({"title": "a", "review": "b"})"),
      Texts{"ERROR [in.jsonl:1] which column is the text? got columns title, review, expected "
            "'text', 'sentence', a single one, or one by name"}
  );
  EXPECT_EQ(read(R"({"title": "a", "review": "b"})", {.text = "review"}), Texts{"b"});
}

TEST(Jsonl, TheFirstObjectDecides) {
  EXPECT_EQ(
      read("{\"review\": \"a\"}\n{\"text\": \"b\"}\n"),
      Texts{"ERROR [in.jsonl:2] no key 'review' in the object"}
  );
}

TEST(Jsonl, BlankLinesAreSkippedAndCounted) {
  EXPECT_EQ(
      read("\n  \n{\"text\": \"a\"}\r\n\n{\"text\": 3}"),
      Texts{"ERROR [in.jsonl:5] key 'text': got int64, expected a string"}
  );
}

TEST(Jsonl, MalformedLines) {
  const auto first_words = [](std::string_view input) {
    const std::string message = read(input)[0];
    return message.substr(0, message.find(" ("));
  };
  EXPECT_EQ(first_words("{\"text\": \"a\"}\n{\"text\""), "ERROR [in.jsonl:2] malformed JSON");
  EXPECT_EQ(first_words("{\"text\": \"a\"} {}"), "ERROR [in.jsonl:1] malformed JSON");
  EXPECT_EQ(first_words("{\"text\": \"\xff\"}"), "ERROR [in.jsonl:1] malformed JSON");
  EXPECT_EQ(
      first_words("{\"text\": " + std::string(100000, '[')), "ERROR [in.jsonl:1] malformed JSON"
  );
}

TEST(Jsonl, ValuesOfTheWrongKind) {
  EXPECT_EQ(read("[1]")[0], "ERROR [in.jsonl:1] the line: got array, expected an object");
  EXPECT_EQ(
      read("{\"text\": null}", {.text = "text"})[0],
      "ERROR [in.jsonl:1] key 'text': got null, expected a string"
  );
}

TEST(Jsonl, EscapesBecomeBytes) {
  EXPECT_EQ(
      read(R"({"text": "a\nb\u0000c\u00e9\ud83d\ude00"})"),
      Texts{std::string("a\nb\0c\u00e9\U0001F600", 11)}
  );
}

TEST(Jsonl, PairsAndLabels) {
  const auto p = parser({.text = "a", .pair = "b", .label = "y"});
  TextRows rows;
  const std::string_view input =
      "{\"a\": \"1\", \"b\": \"2\", \"y\": 1}\n{\"y\": \"POSITIVE\", \"b\": \"\", \"a\": \"3\"}";
  ASSERT_TRUE(parse_chunked(*p, input, 0, rows).ok());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].second, "2");
  EXPECT_EQ(rows[0].label, "1");
  EXPECT_EQ(rows[1].text, "3");
  EXPECT_EQ(rows[1].second, "");
  EXPECT_EQ(rows[1].label, "POSITIVE");
}

TEST(Jsonl, AListOfSecondTextsIsARowForEach) {
  const TextColumns columns{.text = "a", .pair = "b"};
  const auto p = parser(columns);
  TextRows rows;
  const std::string_view input =
      "{\"a\": \"1\", \"b\": [\"x\", \"\"]}\n{\"a\": \"2\", \"b\": []}\n"
      "{\"a\": \"3\", \"b\": [\"y\"]}";
  ASSERT_TRUE(parse_chunked(*p, input, 0, rows).ok());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].text, "1");
  EXPECT_EQ(rows[0].second, "x");
  EXPECT_EQ(rows[1].text, "1");
  EXPECT_EQ(rows[1].second, "");
  EXPECT_EQ(rows[2].text, "3");
  EXPECT_EQ(
      read("{\"a\": \"1\", \"b\": [2]}", columns),
      Texts{"ERROR [in.jsonl:1] key 'b': got int64, expected a string"}
  );
}

TEST(Jsonl, ManyRows) {
  std::string input;
  for (int i = 0; i < 10000; ++i) input += "{\"text\": \"" + std::string(i % 100, 'x') + "\"}\n";
  EXPECT_EQ(read(input).size(), 10000U);
}

TEST(Jsonl, ChunksDoNotMatter) {
  const std::string_view input =
      "{\"text\": \"one\"}\r\n\n{\"text\": \"two\"}\n{\"text\": \"three\"}";
  for (std::size_t chunk = 1; chunk <= input.size(); ++chunk) {
    EXPECT_EQ(read(input, {}, chunk), (Texts{"one", "two", "three"})) << chunk;
  }
}

}  // namespace
}  // namespace martlet
