#include "server/config/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace martlet {
namespace {

Status wrong(std::string_view text, std::string_view expected) {
  return error(
      StatusCode::kInvalidArgument, "configuration", "got '{}', expected {}", text, expected
  );
}

/// Parses all of `text`.
template <class Number>
bool parse_all(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc() && stop == end;
}

struct Unit {
  std::string_view name;
  double factor;
};

/// Takes a number off the front of "30s" and looks up what follows it.
template <std::size_t kCount>
bool parse_with_unit(std::string_view text, const std::array<Unit, kCount>& units, double& value) {
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const std::string_view name = digits == text.npos ? "" : text.substr(digits);
  if (!parse_all(text.substr(0, digits), value)) return false;
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    value *= unit.factor;
    return true;
  }
  return false;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

Result<bool> parse_switch(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (text == word) return false;
  }
  return wrong(text, "true or false");
}

Result<std::int64_t> parse_number(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  if (parse_all(text, number) && number >= min && number <= max) return number;
  return wrong(text, fmt::format("a whole number from {} to {}", min, max));
}

Result<double> parse_share(std::string_view text) {
  double share = 0;
  if (parse_all(text, share) && share >= 0 && share <= 1) return share;
  return wrong(text, "a number from 0 to 1");
}

Result<std::size_t> parse_bytes(std::string_view text) {
  static constexpr std::array<Unit, 7> kUnits{
      {{"", 1},
       {"K", 1 << 10},
       {"KiB", 1 << 10},
       {"M", 1 << 20},
       {"MiB", 1 << 20},
       {"G", 1 << 30},
       {"GiB", 1 << 30}}
  };
  double bytes = 0;
  // Beyond 2^40 nobody means it, and below it a double is exact.
  if (parse_with_unit(text, kUnits, bytes) && bytes <= 0x1p40 && bytes == std::floor(bytes)) {
    return static_cast<std::size_t>(bytes);
  }
  return wrong(text, "bytes, such as 1048576, 64KiB or 16MiB");
}

Result<std::chrono::microseconds> parse_duration(std::string_view text) {
  static constexpr std::array<Unit, 6> kUnits{
      {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"", 1e6}, {"m", 60e6}, {"h", 3600e6}}
  };
  double microseconds = 0;
  if (parse_with_unit(text, kUnits, microseconds) && microseconds <= 1e13) {
    return std::chrono::microseconds(std::llround(microseconds));
  }
  return wrong(text, "a time, such as 250ms, 30s or 2m");
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view kExpected =
      "ADDRESS:PORT, such as 127.0.0.1:8080, :8080 or [::1]:8080, or off";
  if (text == "off") return Endpoint{};
  const std::size_t colon = text.rfind(':');
  std::string_view address = colon == text.npos ? "" : text.substr(0, colon);
  const std::string_view port_text = colon == text.npos ? text : text.substr(colon + 1);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  } else if (address.find_first_of(":[]") != address.npos) {
    return wrong(text, kExpected);
  }
  const auto port = parse_number(port_text, 0, std::numeric_limits<std::uint16_t>::max());
  if (!port) return wrong(text, kExpected);
  return Endpoint{
      .address = std::string(address.empty() ? "127.0.0.1" : address),
      .port = static_cast<std::uint16_t>(*port),
  };
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.address.find(':') == std::string::npos) {
    return fmt::format("{}:{}", endpoint.address, endpoint.port);
  }
  return fmt::format("[{}]:{}", endpoint.address, endpoint.port);
}

}  // namespace martlet
