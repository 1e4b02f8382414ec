#include "rows/result_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "rows/value_text.h"

namespace martlet {
namespace {

class StringOutput final : public OutputStream {
 public:
  Status write(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  Status flush() override { return {}; }
  Status commit() override { return {}; }
  std::string text;
};

const std::vector<ResultColumn> kColumns{
    {.name = "label"},
    {.name = "score", .kind = ColumnKind::kFloat},
    {.name = "logits", .kind = ColumnKind::kFloatList, .width = 2},
    {.name = "top", .kind = ColumnKind::kStringList, .width = 2},
    {.name = "place", .kind = ColumnKind::kInteger},
    {.name = "parts", .kind = ColumnKind::kJson},
    {.name = "truncated", .kind = ColumnKind::kBool, .rare = true},
};
constexpr std::int64_t kPlace = -5'000'000'000;
constexpr std::string_view kParts = R"([{"a": 1}])";

std::string write_two_rows(OutputFormat format) {
  StringOutput output;
  const auto writer = make_result_writer(format, kColumns, output);
  const std::array<float, 2> logits{-2.5F, 1e-5F};
  const std::array<std::string_view, 2> top{"A, \"B\"", ""};
  for (const bool truncated : {false, true}) {
    const std::array<ResultValue, 7> row{
        "A, \"B\"", 0.998F, std::span(logits), std::span(top), kPlace, JsonText{kParts}, truncated
    };
    EXPECT_TRUE((*writer)->write(row).ok());
  }
  EXPECT_TRUE((*writer)->finish().ok());
  return output.text;
}

TEST(ResultWriter, Jsonl) {
  const std::string row =
      R"("label": "A, \"B\"", "score": 0.998, "logits": [-2.5, 1e-05], "top": ["A, \"B\"", ""], )"
      R"("place": -5000000000, "parts": [{"a": 1}])";
  EXPECT_EQ(
      write_two_rows(OutputFormat::kJsonl), "{" + row + "}\n{" + row + ", \"truncated\": true}\n"
  );
}

TEST(ResultWriter, Csv) {
  const std::string row =
      R"("A, ""B""",0.998,-2.5,1e-05,"A, ""B""","",-5000000000,"[{""a"": 1}]",)";
  EXPECT_EQ(
      write_two_rows(OutputFormat::kCsv),
      "label,score,logits_0,logits_1,top_0,top_1,place,parts,truncated\n" + row + "false\n" + row +
          "true\n"
  );
}

TEST(ResultWriter, CsvWithoutRowsHasItsHeader) {
  StringOutput output;
  const auto writer = make_result_writer(OutputFormat::kCsv, {{.name = "label"}}, output);
  ASSERT_TRUE((*writer)->finish().ok());
  EXPECT_EQ(output.text, "label\n");
}

TEST(ResultWriter, Text) {
  const std::string row = "A, \"B\"\t0.998\t-2.5 1e-05\tA, \"B\" \t-5000000000\t[{\"a\": 1}]\t";
  EXPECT_EQ(write_two_rows(OutputFormat::kText), row + "false\n" + row + "true\n");
}

TEST(ResultWriter, FormatsByNameAndExtension) {
  EXPECT_EQ(*parse_output_format("csv"), OutputFormat::kCsv);
  EXPECT_EQ(parse_output_format("xml").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(output_format_of("out.jsonl"), OutputFormat::kJsonl);
  EXPECT_EQ(output_format_of("out.parquet"), OutputFormat::kParquet);
  EXPECT_EQ(output_format_of("out.log"), OutputFormat::kText);
}

TEST(ValueText, FloatsReadBackExactly) {
  for (const float value : {0.1F, -3.4028235e38F, 1e-45F, 16777216.0F, 0.99999994F, -0.0F}) {
    std::string text;
    append_json_float(text, value);
    float back = 1;
    std::from_chars(text.data(), text.data() + text.size(), back);
    EXPECT_EQ(std::signbit(back), std::signbit(value));
    EXPECT_EQ(back, value) << text;
    EXPECT_NE(text.find_first_of(".e"), std::string::npos) << text;
  }
}

TEST(ValueText, JsonHasNoNumberForNan) {
  std::string text;
  append_json_float(text, std::numeric_limits<float>::quiet_NaN());
  append_json_float(text, -std::numeric_limits<float>::infinity());
  EXPECT_EQ(text, "nullnull");
}

}  // namespace
}  // namespace martlet
