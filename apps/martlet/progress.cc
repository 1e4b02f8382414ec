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

}  // namespace

std::string progress_line(
    std::uint64_t rows, const ReadProgress& read, std::chrono::duration<double> elapsed,
    std::size_t width
) {
  std::string line;
  const double seconds = std::max(elapsed.count(), 1e-3);
  const double share =
      read.total == 0
          ? 0
          : std::min(static_cast<double>(read.done) / static_cast<double>(read.total), 1.0);
  if (read.total > 0) line += fmt::format("{} {:3.0f}%  ", bar(share), share * 100);
  line += fmt::format(
      "{} rows  {} rows/s", with_commas(rows),
      with_commas(static_cast<std::uint64_t>(static_cast<double>(rows) / seconds))
  );
  if (share > 0) line += fmt::format("  {} left", clock_time(seconds * (1 - share) / share));
  return line.substr(0, width - std::min<std::size_t>(width, 1));
}

void Progress::update(std::uint64_t rows, const ReadProgress& read) {
  const auto now = Clock::now();
  if (!shown_ || now - last_ < kInterval) return;
  last_ = now;
  drawn_ = true;
  // \r: back to the line's start; \x1b[K: clear to its end.
  const std::string text =
      "\r" + progress_line(rows, read, now - start_, terminal_width()) + "\x1b[K";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace martlet::cli
