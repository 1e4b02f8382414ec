// The plug-in as martlet uses it: loaded at run time, against files that Arrow itself wrote or
// reads back.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "rows/output_stream.h"
#include "rows/parquet_plugin.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

template <class Builder = arrow::StringBuilder>
std::shared_ptr<arrow::Array> strings(const std::vector<std::string>& values) {
  Builder builder;
  for (const std::string& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> integers(const std::vector<std::int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

class ParquetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("MARTLET_PLUGIN_DIR", MARTLET_BUILD_DIR, 1); }

  static fs::path path(const std::string& name) {
    return fs::path(::testing::TempDir()) / ("parquet_test_" + name + ".parquet");
  }

  struct Column {
    std::string name;
    std::shared_ptr<arrow::Array> values;
  };

  static fs::path write(
      const std::string& name, const std::vector<Column>& columns, std::int64_t group_rows = 1000
  ) {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const Column& column : columns) {
      fields.push_back(arrow::field(column.name, column.values->type()));
      arrays.push_back(column.values);
    }
    const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
    const fs::path file = path(name);
    const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    const auto written = parquet::arrow::WriteTable(
        *table, arrow::default_memory_pool(), *arrow::io::FileOutputStream::Open(file), group_rows,
        parquet::default_writer_properties(), properties
    );
    EXPECT_TRUE(written.ok()) << written.ToString();
    return file;
  }

  struct Rows {
    std::vector<std::string> texts, seconds, labels;
    Status status;
  };

  static Rows read(const fs::path& file, const TextColumns& columns = {}) {
    Rows all;
    auto reader = open_text_reader(file, {.columns = columns});
    all.status = reader.status();
    TextRows rows;
    while (all.status.ok()) {
      all.status = (*reader)->read(rows);
      if (!all.status.ok() || rows.empty()) break;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        all.texts.emplace_back(rows[i].text);
        all.seconds.emplace_back(rows[i].second);
        all.labels.emplace_back(rows[i].label);
      }
    }
    return all;
  }
};

using Texts = std::vector<std::string>;

TEST_F(ParquetTest, EveryKindOfText) {
  const Texts texts{"one", "", "three \u00e9", "one"};
  const std::vector<std::shared_ptr<arrow::Array>> columns{
      strings(texts),
      strings<arrow::LargeStringBuilder>(texts),
      strings<arrow::StringViewBuilder>(texts),
      strings<arrow::StringDictionaryBuilder>(texts),
      strings<arrow::BinaryBuilder>(texts),
  };
  for (const auto& column : columns) {
    const Rows rows = read(write("kind", {{"id", integers({1, 2, 3, 4})}, {"review", column}}));
    EXPECT_TRUE(rows.status.ok()) << rows.status.message();
    EXPECT_EQ(rows.texts, texts) << column->type()->ToString();
  }
}

TEST_F(ParquetTest, PairsAndLabels) {
  const fs::path file = write(
      "labels",
      {{"label", integers({1, -2})}, {"second", strings({"c", "d"})}, {"text", strings({"a", "b"})}}
  );
  const Rows rows = read(file, {.pair = "second", .label = "label"});
  EXPECT_EQ(rows.texts, (Texts{"a", "b"}));
  EXPECT_EQ(rows.seconds, (Texts{"c", "d"}));
  EXPECT_EQ(rows.labels, (Texts{"1", "-2"}));
  EXPECT_EQ(read(file, {.text = "second", .pair = "second"}).seconds, (Texts{"c", "d"}));
}

TEST_F(ParquetTest, ManyRowGroupsStream) {
  Texts texts;
  for (int i = 0; i < 10000; ++i) texts.push_back("row number " + std::to_string(i));
  const fs::path file = write("groups", {{"text", strings(texts)}}, 777);
  EXPECT_EQ(read(file).texts, texts);
  auto reader = open_text_reader(file);
  TextRows rows;
  ASSERT_TRUE((*reader)->read(rows).ok());
  EXPECT_LE(rows.size(), 1024U);
  EXPECT_EQ((*reader)->progress().done, rows.size());
  EXPECT_EQ((*reader)->progress().total, texts.size());
}

TEST_F(ParquetTest, ANullIsAnErrorWithItsRow) {
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("a").ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const fs::path file = write("null", {{"text", *builder.Finish()}});
  const Status status = read(file).status;
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_EQ(
      status.message(), "[" + file.string() + "] row 2, column 'text', got null, expected a value"
  );
}

TEST_F(ParquetTest, ColumnsThatDoNotFit) {
  const fs::path file = write("columns", {{"id", integers({1})}, {"text", strings({"a"})}});
  EXPECT_EQ(read(file, {.text = "nope"}).status.code(), StatusCode::kNotFound);
  EXPECT_EQ(
      read(file, {.text = "id"}).status.message(),
      "[" + file.string() + "] column 'id', got values of type int64, expected text"
  );
}

TEST_F(ParquetTest, WhatIsNoParquetFile) {
  EXPECT_EQ(read("/does/not/exist.parquet").status.code(), StatusCode::kNotFound);
  for (const std::string_view content :
       {"", "PAR1", "PAR1PAR1", "this is text\nand no parquet\n"}) {
    std::ofstream(path("bad"), std::ios::binary | std::ios::trunc) << content;
    EXPECT_EQ(read(path("bad")).status.code(), StatusCode::kInvalidInput) << content;
  }
  fs::create_directories(path("directory"));
  EXPECT_EQ(read(path("directory")).status.code(), StatusCode::kInvalidInput);
}

/// A damaged file gives rows or an error, never a crash.
TEST_F(ParquetTest, DamagedFiles) {
  const fs::path file = write("whole", {{"text", strings({"one", "two", "three"})}});
  std::ifstream in(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  int refused = 0;
  const auto try_content = [&](const std::string& content) {
    std::ofstream(path("damaged"), std::ios::binary | std::ios::trunc) << content;
    refused += read(path("damaged")).status.ok() ? 0 : 1;
  };
  for (std::size_t size = 0; size < whole.size(); size += 7) try_content(whole.substr(0, size));
  EXPECT_EQ(refused, static_cast<int>((whole.size() + 6) / 7));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    try_content(damaged);
  }
}

class StringOutput final : public OutputStream {
 public:
  Status write(std::string_view bytes) override {
    if (text.size() + bytes.size() > limit) return {StatusCode::kIo, "[test] full"};
    text += bytes;
    return {};
  }
  Status flush() override { return {}; }
  Status commit() override { return {}; }
  std::string text;
  std::size_t limit = std::size_t{1} << 30;
};

const std::vector<ResultColumn> kColumns{
    {.name = "label"},
    {.name = "score", .kind = ColumnKind::kFloat},
    {.name = "logits", .kind = ColumnKind::kFloatList, .width = 2},
    {.name = "top", .kind = ColumnKind::kStringList, .width = 2},
    {.name = "truncated", .kind = ColumnKind::kBool},
};

Status write_results(OutputStream& output, int rows) {
  auto writer = make_result_writer(OutputFormat::kParquet, kColumns, output);
  if (!writer) return writer.error();
  for (int i = 0; i < rows; ++i) {
    const std::array<float, 2> logits{static_cast<float>(i), -0.5F};
    const std::array<std::string_view, 2> top{"B", "A"};
    const std::array<ResultValue, 5> row{
        i % 2 == 0 ? "A" : "B", 0.5F, std::span(logits), std::span(top), i % 3 == 0
    };
    if (Status status = (*writer)->write(row); !status.ok()) return status;
  }
  return (*writer)->finish();
}

TEST_F(ParquetTest, ResultsReadBack) {
  constexpr int kRows = 40000;  // more than a row group
  StringOutput output;
  ASSERT_TRUE(write_results(output, kRows).ok());
  std::ofstream(path("results"), std::ios::binary | std::ios::trunc) << output.text;

  const auto file = *parquet::arrow::OpenFile(
      *arrow::io::ReadableFile::Open(path("results")), arrow::default_memory_pool()
  );
  const auto table = *file->ReadTable();
  ASSERT_TRUE(table->ValidateFull().ok());
  EXPECT_EQ(table->num_rows(), kRows);
  EXPECT_EQ((*table->GetColumnByName("label")->GetScalar(1))->ToString(), "B");
  EXPECT_EQ((*table->GetColumnByName("score")->GetScalar(1))->ToString(), "0.5");
  EXPECT_EQ(
      (*table->GetColumnByName("logits")->GetScalar(39999))->ToString(),
      "list<element: float>[39999, -0.5]"
  );
  EXPECT_EQ(
      (*table->GetColumnByName("top")->GetScalar(0))->ToString(), "list<element: string>[B, A]"
  );
  EXPECT_EQ((*table->GetColumnByName("truncated")->GetScalar(3))->ToString(), "true");
}

TEST_F(ParquetTest, NoRowsIsAFileToo) {
  StringOutput output;
  ASSERT_TRUE(write_results(output, 0).ok());
  std::ofstream(path("empty"), std::ios::binary | std::ios::trunc) << output.text;
  const Rows rows = read(path("empty"), {.text = "label"});
  EXPECT_TRUE(rows.status.ok()) << rows.status.message();
  EXPECT_TRUE(rows.texts.empty());
}

TEST_F(ParquetTest, AFullDiskIsTheOutputsOwnMessage) {
  StringOutput output;
  output.limit = 1000;
  const Status status = write_results(output, 40000);
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_EQ(status.message(), "[test] full");
}

}  // namespace
}  // namespace martlet
