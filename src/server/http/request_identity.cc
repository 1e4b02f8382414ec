#include "server/http/request_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>

#include "server/http/message.h"

namespace martlet {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool is_all_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

/// A permutation of 64 bits that scatters consecutive numbers (the finalizer of splitmix64).
std::uint64_t scatter(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

bool is_request_id(std::string_view text) noexcept {
  static constexpr std::string_view kOthers = "-_.:/+=@";
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || kOthers.find(c) != kOthers.npos;
  });
}

std::string make_request_id() {
  static const std::uint64_t seed = random_seed();
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("{:016x}", scatter(seed + count.fetch_add(1, std::memory_order_relaxed)));
}

bool is_traceparent(std::string_view text) noexcept {
  if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-') {
    return false;
  }
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  return is_lower_hex(trace) && is_lower_hex(span) && is_lower_hex(text.substr(53)) &&
         !is_all_zero(trace) && !is_all_zero(span);
}

}  // namespace martlet
