// Two runs of one suite, row by row: what has become slower, faster or less right.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/bench_record.h"
#include "martlet/status.h"

namespace martlet {

enum class Change {
  kSame,       // each run lies in the other's interval
  kFaster,     // outside of it, both ways
  kSlower,     //
  kLessRight,  // fewer right labels, or logits further from the baseline's
  kGone,       // measured before, not any more
};

/// "same", "faster", "slower", "less right", "gone". Static storage.
std::string_view to_string(Change change) noexcept;

struct DiffOptions {
  /// How much of the right labels may be lost, as a share of all.
  double accuracy = 0.001;
  /// How many times larger the largest difference of a logit may be, above what rounding makes.
  double logits = 2.0;
};

struct RowDiff {
  const BenchRow* before = nullptr;  // of the records that were compared
  const BenchRow* after = nullptr;   // null where it is gone
  Change change = Change::kSame;
  double speed = 1;  // after by before: of the ratios to the baseline
};

/// In the order of `before`; rows that are new are left out. kInvalidArgument for records of two
/// suites, or with two baselines. The records must outlive the answer.
Result<std::vector<RowDiff>> diff_records(
    const BenchRecord& before, const BenchRecord& after, const DiffOptions& options
);

/// Whether each run's interval holds the other's middle; nothing for the baseline and
/// where one of them has no ratio.
std::optional<bool> agrees(const RowDiff& row) noexcept;

/// Whether a row of martlet's own has become slower, less right, or is gone.
bool is_regression(const RowDiff& row) noexcept;

}  // namespace martlet
