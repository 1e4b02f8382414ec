#include "rows/text_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace martlet {
namespace {

namespace fs = std::filesystem;

class TextReaderTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path file(const std::string& name, std::string_view content) const {
    fs::path path = fs::path(::testing::TempDir()) / ("text_reader_" + name);
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  static std::vector<std::string> read_all(TextReader& reader) {
    std::vector<std::string> texts;
    TextRows rows;
    for (;;) {
      const Status status = reader.read(rows);
      EXPECT_TRUE(status.ok()) << status.message();
      if (!status.ok() || rows.empty()) return texts;
      for (std::size_t i = 0; i < rows.size(); ++i) texts.emplace_back(rows[i].text);
    }
  }

  static std::vector<std::string> read_all(
      const fs::path& path, const TextReaderOptions& options = {}
  ) {
    auto reader = open_text_reader(path, options);
    EXPECT_TRUE(reader) << reader.status().message();
    return reader ? read_all(**reader) : std::vector<std::string>{};
  }
};

using Texts = std::vector<std::string>;

TEST_F(TextReaderTest, TheExtensionChoosesTheFormat) {
  EXPECT_EQ(read_all(file("a.txt", "x,y\n")), Texts{"x,y"});
  EXPECT_EQ(read_all(file("noextension", "x\n")), Texts{"x"});
  EXPECT_EQ(read_all(file("a.csv", "text,n\nx,1\n")), Texts{"x"});
  EXPECT_EQ(read_all(file("a.tsv", "text\tn\nx\t1\n")), Texts{"x"});
  EXPECT_EQ(read_all(file("a.jsonl", "{\"text\": \"x\"}\n")), Texts{"x"});
  EXPECT_EQ(read_all(file("a.csv", "x\n"), {.format = InputFormat::kTxt}), Texts{"x"});
  EXPECT_EQ(open_text_reader(file("a.docx", "x")).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(TextReaderTest, AByteOrderMarkIsNoText) {
  EXPECT_EQ(read_all(file("bom.txt", "\xEF\xBB\xBFx\n")), Texts{"x"});
  EXPECT_EQ(read_all(file("bom.csv", "\xEF\xBB\xBFtext\nx\n")), Texts{"x"});
  EXPECT_EQ(read_all(file("half.txt", "\xEF\xBBx\n")), Texts{"\xEF\xBBx"});
}

TEST_F(TextReaderTest, WhatCannotBeRead) {
  EXPECT_EQ(open_text_reader("/does/not/exist.txt").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(
      open_text_reader(::testing::TempDir(), {.format = InputFormat::kTxt}).status().code(),
      StatusCode::kInvalidInput
  );
  EXPECT_EQ(
      open_text_reader(file("b.txt", "x"), {.columns = {.text = "text"}}).status().code(),
      StatusCode::kInvalidArgument
  );
}

TEST_F(TextReaderTest, ManyChunksGiveEveryRowOnce) {
  std::string content;
  Texts expected;
  for (int i = 0; i < 100000; ++i) {
    expected.push_back("row number " + std::to_string(i));
    content += expected.back() + "\n";
  }
  const fs::path path = file("large.txt", content);
  EXPECT_EQ(read_all(path), expected);

  auto reader = open_text_reader(path);
  TextRows rows;
  ASSERT_TRUE((*reader)->read(rows).ok());
  EXPECT_LT(rows.size(), expected.size());
  EXPECT_GT((*reader)->progress().done, 0U);
  EXPECT_EQ((*reader)->progress().total, content.size());
}

TEST_F(TextReaderTest, APipeIsAnsweredLineByLine) {
  const fs::path path = fs::path(::testing::TempDir()) / "text_reader_fifo";
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::ofstream writer;
  std::thread opener([&] { writer.open(path); });
  auto reader = open_text_reader(path);
  opener.join();
  ASSERT_TRUE(reader);
  TextRows rows;
  for (const std::string_view line :
       {"\xEF",
        "\xBB\xBF"
        "first",
        "second"}) {
    writer << line << (line == "\xEF" ? "" : "\n") << std::flush;
    if (line == "\xEF") continue;
    ASSERT_TRUE((*reader)->read(rows).ok());
    ASSERT_EQ(rows.size(), 1U);
  }
  EXPECT_EQ(rows[0].text, "second");
  writer.close();
  ASSERT_TRUE((*reader)->read(rows).ok());
  EXPECT_TRUE(rows.empty());
}

}  // namespace
}  // namespace martlet
