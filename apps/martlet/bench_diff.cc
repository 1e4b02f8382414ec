#include "bench_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "bench/record_diff.h"
#include "command_line.h"
#include "console.h"
#include "exit_codes.h"

namespace martlet::cli {
namespace {

std::string as_text(const std::optional<RatioInterval>& ratio) {
  if (!ratio) return "-";
  return fmt::format("{:.2f} ({:.2f} - {:.2f})", ratio->middle, ratio->low, ratio->high);
}

std::string as_text(const RowDiff& row) {
  const std::optional<RatioInterval> after = row.after != nullptr ? row.after->ratio : std::nullopt;
  const double percent = 100 * (row.speed - 1);
  return fmt::format(
      "  {:<12} {:<34} {:>22} {:>22} {:>+7.1f}%  {}{}\n", row.before->case_name, row.before->system,
      as_text(row.before->ratio), as_text(after), percent, to_string(row.change),
      is_regression(row) ? ", regression" : ""
  );
}

}  // namespace

Status bench_diff(Arguments arguments) {
  CommandLine line({
      .verb = "bench diff",
      .arguments = "BEFORE AFTER",
      .summary =
          "Compares two records of a suite, as ./dev bench writes them: times faster than the "
          "baseline, row by\nrow. A row has changed when each run lies outside of the other's "
          "interval. Exit code 1: a row of martlet's\nown is slower, less right, or gone; with "
          "--agree, too few rows agree: each run inside of the other's\ninterval.",
      .examples = "  martlet bench diff before/minilm-1ms.json after/minilm-1ms.json\n",
  });
  std::string before;
  std::string after;
  DiffOptions options;
  bool all = false;
  double wanted_share = 0;
  CLI::App& app = line.app();
  app.add_option("BEFORE", before, "Record of the run to compare with")->required();
  app.add_option("AFTER", after, "Record of the new run")->required();
  app.add_option("--accuracy", options.accuracy, "Share of right labels that may be lost (0.001)")
      ->check(CLI::Range(0.0, 1.0))
      ->option_text("SHARE");
  app.add_option(
         "--agree", wanted_share, "Two runs of the same build: share of rows that must agree"
  )
      ->check(CLI::Range(0.0, 1.0))
      ->option_text("SHARE");
  app.add_flag("--all", all, "Show the rows that are the same, too");
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted.status();
  const auto one = load_bench_record(before);
  if (!one) return one.error();
  const auto other = load_bench_record(after);
  if (!other) return other.error();
  const auto rows = diff_records(*one, *other, options);
  if (!rows) return rows.error();

  std::string text = fmt::format("{}: times faster than {}\n", one->suite, one->baseline);
  for (const RowDiff& row : *rows)
    if (all || row.change != Change::kSame) text += as_text(row);
  const auto worse = std::ranges::count_if(*rows, is_regression);
  const auto same = std::ranges::count(*rows, Change::kSame, &RowDiff::change);
  const auto agreeing = std::ranges::count(*rows, std::optional(true), agrees);
  const auto apart = std::ranges::count(*rows, std::optional(false), agrees);
  text += fmt::format(
      "{} rows, {} the same, {} regressions; {} of {} agree\n", rows->size(), same, worse, agreeing,
      agreeing + apart
  );
  const bool too_few =
      static_cast<double>(agreeing) < wanted_share * static_cast<double>(agreeing + apart);
  if (worse > 0 || too_few) done_exit_code() = kExitDifference;
  return print(text);
}

}  // namespace martlet::cli
