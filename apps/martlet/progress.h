// A progress bar on stderr for a person who waits; nothing when there is no terminal to show it on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace martlet::cli {

struct ProgressCounts {
  std::uint64_t done = 0;         // rows whose results are there
  std::uint64_t read = 0;         // rows that have been read, which is some more
  std::uint64_t input_done = 0;   // how much of the input they were, in its own unit
  std::uint64_t input_total = 0;  // 0: unknown
};

/// "[====>     ]  42%  28,410 rows  9,312 rows/s  0:04 left", cut to `width` columns. The share and
/// the time left are missing when the total is not known.
std::string progress_line(
    const ProgressCounts& counts, std::chrono::duration<double> elapsed, std::size_t width
);

class Progress {
 public:
  /// `shown`: whether to draw at all.
  explicit Progress(bool shown) : shown_(shown), start_(Clock::now()), last_(start_) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Draws ten times a second at most.
  void update(const ProgressCounts& counts);

  /// Takes the bar off the terminal.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool shown_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace martlet::cli
