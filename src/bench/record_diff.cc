#include "bench/record_diff.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace martlet {
namespace {

constexpr double kRounding = 1e-4;  // logits that differ by less are equal

const BenchRow* find(const BenchRecord& record, const BenchRow& wanted) {
  const auto found = std::ranges::find_if(record.rows, [&](const BenchRow& row) {
    return row.case_name == wanted.case_name && row.system == wanted.system;
  });
  return found == record.rows.end() ? nullptr : &*found;
}

/// Three standard deviations of what the share of right labels moves by where two runs have
/// labelled other texts; none where both have labelled all the same.
double accuracy_noise(const BenchRow& before, const BenchRow& after) {
  if (!before.labelled || !after.labelled || before.labelled == after.labelled) return 0;
  const double variance = *before.accuracy * (1 - *before.accuracy);
  return 3 * std::sqrt(variance / *before.labelled + variance / *after.labelled);
}

bool less_right(const BenchRow& before, const BenchRow& after, const DiffOptions& options) {
  if (before.accuracy && after.accuracy) {
    const double allowed = options.accuracy + accuracy_noise(before, after);
    if (*after.accuracy < *before.accuracy - allowed) return true;
  }
  return before.logit_error && after.logit_error &&
         *after.logit_error > std::max(kRounding, *before.logit_error * options.logits);
}

Change speed_change(const RatioInterval& before, const RatioInterval& after) {
  if (before.holds(after.middle) || after.holds(before.middle)) return Change::kSame;
  return after.middle > before.middle ? Change::kFaster : Change::kSlower;
}

RowDiff diff_row(const BenchRow& before, const BenchRow* after, const DiffOptions& options) {
  RowDiff row{.before = &before, .after = after};
  if (after == nullptr) {
    row.change = Change::kGone;
    return row;
  }
  if (before.ratio && after->ratio) {
    row.speed = after->ratio->middle / before.ratio->middle;
    row.change = speed_change(*before.ratio, *after->ratio);
  }
  if (less_right(before, *after, options)) row.change = Change::kLessRight;
  return row;
}

}  // namespace

std::string_view to_string(Change change) noexcept {
  switch (change) {
    case Change::kSame:
      return "same";
    case Change::kFaster:
      return "faster";
    case Change::kSlower:
      return "slower";
    case Change::kLessRight:
      return "less right";
    case Change::kGone:
      return "gone";
  }
  return "";
}

Result<std::vector<RowDiff>> diff_records(
    const BenchRecord& before, const BenchRecord& after, const DiffOptions& options
) {
  if (before.suite != after.suite) {
    return error(
        StatusCode::kInvalidArgument, "bench diff", "two suites, got {} and {}, expected one",
        before.suite, after.suite
    );
  }
  if (before.baseline != after.baseline) {
    return error(
        StatusCode::kInvalidArgument, "bench diff", "two baselines, got {} and {}, expected one",
        before.baseline, after.baseline
    );
  }
  std::vector<RowDiff> rows;
  for (const BenchRow& row : before.rows) rows.push_back(diff_row(row, find(after, row), options));
  return rows;
}

std::optional<bool> agrees(const RowDiff& row) noexcept {
  if (row.after == nullptr || !row.before->ratio || !row.after->ratio) return std::nullopt;
  const RatioInterval& before = *row.before->ratio;
  const RatioInterval& after = *row.after->ratio;
  if (before.low == before.high) return std::nullopt;  // the baseline beside itself
  return before.holds(after.middle) && after.holds(before.middle);
}

bool is_regression(const RowDiff& row) noexcept {
  const bool worse = row.change == Change::kSlower || row.change == Change::kLessRight ||
                     row.change == Change::kGone;
  return worse && row.before->ours;
}

}  // namespace martlet
