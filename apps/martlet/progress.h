// A progress bar on stderr for a person who waits; nothing when there is no terminal to show it on.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "rows/text_reader.h"

namespace martlet::cli {

/// "  42%  28,410 rows  9,312 rows/s  0:04 left", cut to `width` columns. The share and the time
/// left are missing when the total is not known.
std::string progress_line(
    std::uint64_t rows, const ReadProgress& read, std::chrono::duration<double> elapsed,
    std::size_t width
);

class Progress {
 public:
  /// `shown`: whether to draw at all.
  explicit Progress(bool shown) : shown_(shown), start_(Clock::now()), last_(start_) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `rows` are done, and so much of the input is read. Draws ten times a second at most.
  void update(std::uint64_t rows, const ReadProgress& read);

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
