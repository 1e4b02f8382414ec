#include "numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace martlet::cli {

std::string with_commas(std::uint64_t number) {
  std::string digits = fmt::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string clock_time(double seconds) {
  constexpr double kLongest = 3.6e8;  // also what infinity becomes
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, kLongest));
  const std::uint64_t hours = whole / 3600;
  const std::uint64_t minutes = whole / 60 % 60;
  if (hours == 0) return fmt::format("{}:{:02}", minutes, whole % 60);
  return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
}

}  // namespace martlet::cli
