#include "server/http/simple_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "server/http/message.h"

namespace martlet {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) {
           return is_alphanumeric(c) || c == '/' || c == '_' || c == '-' || c == '.';
         });
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// A decimal number without sign, spaces or needless digits, small enough to be a length.
std::optional<std::size_t> read_length(std::string_view digits) {
  constexpr std::size_t kMostDigits = 9;
  std::size_t value = 0;
  const char* const end = digits.data() + digits.size();
  const bool canonical = digits == "0" || !digits.starts_with('0');
  if (digits.empty() || digits.size() > kMostDigits || !canonical) return std::nullopt;
  const auto [stop, failed] = std::from_chars(digits.data(), end, value);
  if (failed != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// What the header of a simple request says.
struct Fields {
  std::size_t count = 0;
  std::size_t hosts = 0;
  std::optional<std::size_t> length;

  /// False for a field that is not simple.
  bool take(std::string_view name, std::string_view value) {
    constexpr std::array<std::string_view, 5> kWithoutEffect{
        "Accept", "Accept-Encoding", "Authorization", "Content-Type", "User-Agent"
    };
    const auto is_name = [name](std::string_view known) {
      return equal_ignoring_case(name, known);
    };
    ++count;
    if (is_name("Host")) return ++hosts == 1 && !value.empty();
    if (is_name("Connection")) return equal_ignoring_case(value, "keep-alive");
    if (is_name("Content-Length")) return !length && (length = read_length(value));
    return std::ranges::any_of(kWithoutEffect, is_name);
  }

  /// One line "Name: value".
  bool take(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_printable(line)) return false;
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (value.starts_with(' ') || value.ends_with(' ')) return false;
    return take(line.substr(0, colon), value);
  }
};

/// The text before the next end of a line, which it drops from `data`.
std::optional<std::string_view> take_line(std::string_view& data) {
  const std::size_t end = data.find(kLineEnd);
  if (end == data.npos) return std::nullopt;
  const std::string_view line = data.substr(0, end);
  data.remove_prefix(end + kLineEnd.size());
  return line;
}

std::optional<std::string_view> path_of(std::string_view line) {
  constexpr std::string_view kBefore = "POST ";
  constexpr std::string_view kBehind = " HTTP/1.1";
  if (!line.starts_with(kBefore) || !line.ends_with(kBehind)) return std::nullopt;
  if (line.size() < kBefore.size() + kBehind.size()) return std::nullopt;
  line.remove_prefix(kBefore.size());
  line.remove_suffix(kBehind.size());
  if (!is_plain_path(line)) return std::nullopt;
  return line;
}

}  // namespace

std::optional<SimpleRequest> read_simple_request(std::string_view data, const HttpLimits& limits) {
  std::string_view rest = data;
  const auto first = take_line(rest);
  const auto path = first ? path_of(*first) : std::nullopt;
  if (!path) return std::nullopt;
  Fields fields;
  while (true) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    if (!fields.take(*line)) return std::nullopt;
  }
  const bool within_limits = fields.count <= limits.header_fields &&
                             data.size() - rest.size() <= limits.header_bytes &&
                             rest.size() <= limits.body_bytes;
  if (fields.hosts != 1 || fields.length != rest.size() || !within_limits) return std::nullopt;
  return SimpleRequest{.path = *path, .body = rest};
}

}  // namespace martlet
