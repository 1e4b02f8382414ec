#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "numbers.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr int kBarColumns = 24;

std::string bar(double share) {
  const int full = static_cast<int>(share * kBarColumns);
  std::string text = "[";
  for (int i = 0; i < kBarColumns; ++i) text += i < full ? '=' : (i == full ? '>' : ' ');
  return text + "]";
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string progress_line(
    const ProgressCounts& counts, std::chrono::duration<double> elapsed, std::size_t width
) {
  const double seconds = std::max(elapsed.count(), 1e-3);
  // Reading runs ahead of the results; rows still to come are taken to be like those read so far.
  const double share =
      std::min(ratio(counts.input_done, counts.input_total) * ratio(counts.done, counts.read), 1.0);
  std::string line;
  if (counts.input_total > 0) line += fmt::format("{} {:3.0f}%  ", bar(share), share * 100);
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(counts.done) / seconds);
  line += fmt::format("{} rows  {} rows/s", with_commas(counts.done), with_commas(rate));
  if (share > 0) line += fmt::format("  {} left", clock_time(seconds * (1 - share) / share));
  return line.substr(0, width - std::min<std::size_t>(width, 1));
}

void Progress::update(const ProgressCounts& counts) {
  const auto now = Clock::now();
  if (!shown_ || now - last_ < kInterval) return;
  last_ = now;
  drawn_ = true;
  // \r: back to the line's start; \x1b[K: clear to its end.
  const std::string text = "\r" + progress_line(counts, now - start_, terminal_width()) + "\x1b[K";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace martlet::cli
