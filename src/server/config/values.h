// Words of flags, variables and configuration files, as the values they mean. Every failure is
// kInvalidArgument and says what was expected.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

/// `text` on one line: control characters become question marks.
std::string printable(std::string_view text);

/// "true", "false", "yes", "no", "on", "off", "1", "0".
Result<bool> parse_switch(std::string_view text);

/// A whole number in [min, max].
Result<std::int64_t> parse_number(std::string_view text, std::int64_t min, std::int64_t max);

/// A number from 0 to 1.
Result<double> parse_share(std::string_view text);

/// Bytes: a number, or one with KiB, MiB or GiB (K, M and G mean the same).
Result<std::size_t> parse_bytes(std::string_view text);

/// "250ms", "30s", "1.5s", "2m"; a number alone counts seconds.
Result<std::chrono::microseconds> parse_duration(std::string_view text);

/// Where to listen. Off when `address` is empty.
struct Endpoint {
  std::string address = "";
  std::uint16_t port = 0;

  [[nodiscard]] bool on() const noexcept { return !address.empty(); }
};

/// "127.0.0.1:8080", "[::1]:8080", ":8080" and "8080" (loopback), "off".
Result<Endpoint> parse_endpoint(std::string_view text);

/// "127.0.0.1:8080", "[::1]:8080".
std::string to_string(const Endpoint& endpoint);

}  // namespace martlet
