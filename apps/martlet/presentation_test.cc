// How things look to a person: numbers, progress, text cut to a terminal.
#include <gtest/gtest.h>

#include "numbers.h"
#include "progress.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

TEST(Numbers, Commas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

TEST(Numbers, Times) {
  EXPECT_EQ(clock_time(0), "0:00");
  EXPECT_EQ(clock_time(65.9), "1:05");
  EXPECT_EQ(clock_time(3723), "1:02:03");
  EXPECT_EQ(clock_time(-1), "0:00");
}

TEST(Progress, ShareAndTimeLeftWhenTheTotalIsKnown) {
  const ProgressCounts half{.done = 1500, .read = 3000, .input_done = 300, .input_total = 300};
  EXPECT_EQ(
      progress_line(half, std::chrono::seconds(10), 100),
      "[============>           ]  50%  1,500 rows  150 rows/s  0:10 left"
  );
  const ProgressCounts unknown{.done = 1500, .read = 3000, .input_done = 300};
  EXPECT_EQ(progress_line(unknown, std::chrono::seconds(10), 100), "1,500 rows  150 rows/s");
  EXPECT_EQ(progress_line(unknown, std::chrono::seconds(10), 8), "1,500 r");
  EXPECT_EQ(progress_line({}, std::chrono::seconds(0), 100), "0 rows  0 rows/s");
}

TEST(Terminal, ControlCharactersAreShown) {
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f\tc"), "a\\nb\\x1b[31m\\x7f\\x09c");
}

TEST(Terminal, ColumnsAreNotBytes) {
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("\u00e9"), 1U);
  EXPECT_EQ(columns_of("\u4eca\u65e5"), 4U);
  EXPECT_EQ(columns_of("e\u0301"), 1U);
  EXPECT_EQ(columns_of("\xff\xfe"), 2U);
}

TEST(Terminal, TextIsCutBetweenCharacters) {
  EXPECT_EQ(cut_to_columns("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_columns("abcdefg", 6), "abc...");
  EXPECT_EQ(cut_to_columns("\u4eca\u65e5\u306f\u826f", 6), "\u4eca...");
  EXPECT_EQ(cut_to_columns("abcdef", 2), "");
}

}  // namespace
}  // namespace martlet::cli
