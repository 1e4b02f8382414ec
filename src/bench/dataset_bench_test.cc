#include "bench/dataset_bench.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/test_files.h"
#include "martlet/text_classification.h"

namespace martlet {
namespace {

std::filesystem::path golden(std::string_view name) {
  return std::filesystem::path(MARTLET_SOURCE_DIR) / "tests/golden/models" / name;
}

TEST(DatasetBench, PaddingOfBatchesInInputOrder) {
  EXPECT_DOUBLE_EQ(padding_ratio({4, 4, 4}, 2), 1);
  EXPECT_DOUBLE_EQ(padding_ratio({1, 3, 2}, 2), (2 * 3 + 2) / 6.0);
  EXPECT_DOUBLE_EQ(padding_ratio({1, 3, 2}, 32), 9 / 6.0);
}

class DatasetBenchTest : public DirectoryTest {};

TEST_F(DatasetBenchTest, AccuracyByNameAndByNumber) {
  const auto pipeline = TextClassificationPipeline::load(golden("bert-odd"));
  ASSERT_TRUE(pipeline);
  const std::string answer = pipeline->run("a good film")->label;
  const auto name = std::ranges::find(pipeline->labels(), answer);
  const auto number = name - pipeline->labels().begin();
  write(
      "data.csv",
      fmt::format("text,label\na good film,{}\na good film,{}\na good film,x\n,y\n", answer, number)
  );
  const auto dataset = load_dataset(path("data.csv"), "", "label");
  ASSERT_TRUE(dataset) << dataset.error().message();
  SteadyClock clock;
  const auto report = run_dataset_bench(golden("bert-odd"), *dataset, {}, clock);
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_TRUE(report->accuracy);
  EXPECT_DOUBLE_EQ(*report->accuracy, 0.5);
  EXPECT_EQ(report->sentences, 4);
  EXPECT_GE(report->tokens, 8);
  EXPECT_GT(report->natural_padding_ratio, 1);
  EXPECT_GT(report->sentences_per_s, 0);
}

TEST_F(DatasetBenchTest, RefusesWhatItCannotMeasure) {
  write("none.txt", "");
  EXPECT_EQ(load_dataset(path("none.txt"), "", "").error().code(), StatusCode::kInvalidInput);
  EXPECT_EQ(load_dataset(path("absent.txt"), "", "").error().code(), StatusCode::kNotFound);
  SteadyClock clock;
  const auto report = run_dataset_bench(
      golden("bert-pooler-sharded"), {.texts = {"a"}, .labels = {"b"}}, {}, clock
  );
  EXPECT_EQ(report.error().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace martlet
