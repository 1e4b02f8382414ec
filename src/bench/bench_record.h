// What `./dev bench` writes of a suite (bench/proof/record.py), as far as a comparison needs it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"

namespace martlet {

inline constexpr std::string_view kBenchSchema = "martlet.bench/1";

/// A ratio, and where a repeat of the run would put it in 95 of 100 cases.
struct RatioInterval {
  double middle = 0;
  double low = 0;
  double high = 0;

  [[nodiscard]] bool holds(double value) const noexcept { return low <= value && value <= high; }
};

/// One system in one case.
struct BenchRow {
  std::string case_name;
  std::string system;
  bool ours = false;                   // martlet's own
  std::optional<RatioInterval> ratio;  // times faster than the baseline
  std::optional<double> accuracy;      // share of right labels
  std::optional<double> labelled;      // of so many texts
  std::optional<double> logit_error;   // largest, from the baseline's
};

struct BenchRecord {
  std::string suite;
  std::string baseline;
  std::vector<BenchRow> rows;
};

/// kInvalidInput for text that is no such record. `where` names it in messages.
Result<BenchRecord> parse_bench_record(std::string_view text, std::string_view where);

/// As parse_bench_record; kNotFound for no file.
Result<BenchRecord> load_bench_record(const std::filesystem::path& path);

}  // namespace martlet
