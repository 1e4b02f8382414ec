#include "bench/record_diff.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

BenchRow row(std::string system, double middle, bool ours = true) {
  return {
      .case_name = "1x16",
      .system = std::move(system),
      .ours = ours,
      .ratio = RatioInterval{.middle = middle, .low = 0.97 * middle, .high = 1.03 * middle},
      .accuracy = 0.94,
      .labelled = std::nullopt,
      .logit_error = 2e-6,
  };
}

BenchRecord record(std::vector<BenchRow> rows) {
  return {.suite = "fake", .baseline = "base", .rows = std::move(rows)};
}

Change change_of(const BenchRow& before, const BenchRow& after) {
  const BenchRecord one = record({before});
  const BenchRecord other = record({after});
  const auto rows = diff_records(one, other, {});
  EXPECT_TRUE(rows.has_value());
  return rows->at(0).change;
}

TEST(RecordDiff, SpeedOutsideOfBothIntervals) {
  EXPECT_EQ(change_of(row("a", 4), row("a", 4.05)), Change::kSame);
  EXPECT_EQ(change_of(row("a", 4), row("a", 3.6)), Change::kSlower);
  EXPECT_EQ(change_of(row("a", 4), row("a", 4.4)), Change::kFaster);
  BenchRow unsure = row("a", 3.6);
  unsure.ratio->high = 4.1;  // one of the two is not sure
  EXPECT_EQ(change_of(row("a", 4), unsure), Change::kSame);
}

TEST(RecordDiff, RunsAgreeWhereEachHoldsTheOther) {
  const auto agree = [](BenchRow before, BenchRow after) {
    const BenchRecord one = record({std::move(before)});
    const BenchRecord other = record({std::move(after)});
    return agrees(diff_records(one, other, {})->at(0));
  };
  EXPECT_EQ(agree(row("a", 4), row("a", 4.05)), true);
  BenchRow unsure = row("a", 3.6);
  unsure.ratio->high = 4.1;
  EXPECT_EQ(agree(row("a", 4), unsure), false);  // the same, but not agreed on
  unsure.ratio.reset();
  EXPECT_EQ(agree(row("a", 4), unsure), std::nullopt);
  EXPECT_EQ(agree(row("a", 4), row("b", 4)), std::nullopt);
  BenchRow base = row("base", 1);
  base.ratio = RatioInterval{.middle = 1, .low = 1, .high = 1};
  EXPECT_EQ(agree(base, base), std::nullopt);
}

TEST(RecordDiff, AnswersCountBeforeSpeed) {
  BenchRow wrong = row("a", 8);
  wrong.accuracy = 0.93;
  EXPECT_EQ(change_of(row("a", 4), wrong), Change::kLessRight);
  BenchRow before = row("a", 4);
  before.labelled = 640;
  wrong.labelled = 640;
  EXPECT_EQ(change_of(before, wrong), Change::kLessRight);
  wrong.labelled = 768;  // other texts: 0.94 and 0.93 may be the same
  EXPECT_EQ(change_of(before, wrong), Change::kFaster);
  wrong.accuracy = 0.88;
  EXPECT_EQ(change_of(before, wrong), Change::kLessRight);
  BenchRow far = row("a", 8);
  far.logit_error = 5e-5;
  EXPECT_EQ(change_of(row("a", 4), far), Change::kFaster);  // rounding
  far.logit_error = 1e-3;
  EXPECT_EQ(change_of(row("a", 4), far), Change::kLessRight);
}

TEST(RecordDiff, OnlyOurRowsAreRegressions) {
  const BenchRecord before = record({row("ours", 4), row("peer", 4, false), row("lost", 4)});
  const BenchRecord after = record({row("ours", 3), row("peer", 3, false), row("new", 3)});
  const auto rows = diff_records(before, after, {});
  ASSERT_TRUE(rows.has_value());
  ASSERT_EQ(rows->size(), 3);
  EXPECT_TRUE(is_regression(rows->at(0)));
  EXPECT_DOUBLE_EQ(rows->at(0).speed, 0.75);
  EXPECT_EQ(rows->at(1).change, Change::kSlower);
  EXPECT_FALSE(is_regression(rows->at(1)));
  EXPECT_EQ(rows->at(2).change, Change::kGone);
  EXPECT_TRUE(is_regression(rows->at(2)));
}

TEST(RecordDiff, RefusesWhatCannotBeCompared) {
  const BenchRecord before = record({});
  BenchRecord after = record({});
  after.suite = "other";
  EXPECT_EQ(diff_records(before, after, {}).status().code(), StatusCode::kInvalidArgument);
  after = record({});
  after.baseline = "other";
  EXPECT_EQ(diff_records(before, after, {}).status().code(), StatusCode::kInvalidArgument);
}

TEST(BenchRecord, ReadsWhatItNeeds) {
  const auto read = parse_bench_record(
      R"({"schema": "martlet.bench/1", "suite": "s", "baseline": "b", "more": [1],
          "systems": [{"name": "m", "ours": true}, {"name": "p", "ours": false}],
          "rows": [{"case": "1x16", "system": "m", "p99": null, "accuracy": 0.5,
                    "ratio": {"middle": 2, "low": 1.5, "high": 2.5}},
                   {"case": "1x16", "system": "p", "logit_max_abs": 0.25}]})",
      "here"
  );
  ASSERT_TRUE(read.has_value()) << read.status().message();
  ASSERT_EQ(read->rows.size(), 2);
  EXPECT_TRUE(read->rows[0].ours);
  EXPECT_TRUE(read->rows[0].ratio->holds(1.5));
  EXPECT_EQ(read->rows[0].accuracy, 0.5);
  EXPECT_FALSE(read->rows[1].ours);
  EXPECT_FALSE(read->rows[1].ratio.has_value());
  EXPECT_EQ(read->rows[1].logit_error, 0.25);
}

TEST(BenchRecord, RefusesOtherText) {
  for (const std::string_view text : {
           "",
           "[]",
           "{}",
           R"({"schema": "martlet.bench/2", "suite": "s", "baseline": "b"})",
           R"({"schema": "martlet.bench/1", "suite": "s", "baseline": "b", "systems": 3, "rows": []})",
           R"({"schema": "martlet.bench/1", "suite": "s", "baseline": "b", "systems": [], "rows": [3]})",
           R"({"schema": "martlet.bench/1", "suite": "s", "baseline": "b", "systems": [],
               "rows": [{"case": "c", "system": "m", "ratio": {"middle": -1, "low": 0, "high": 1}}]})",
       }) {
    const auto read = parse_bench_record(text, "here");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.status().code(), StatusCode::kInvalidInput);
    EXPECT_TRUE(read.status().message().starts_with("[here]")) << read.status().message();
  }
}

}  // namespace
}  // namespace martlet
