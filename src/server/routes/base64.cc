#include "server/routes/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr uint8_t kNoDigit = 64;

constexpr auto kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<uint8_t>(i);
  return values;
}();

Status malformed(std::size_t at) {
  return error(
      StatusCode::kInvalidInput, "base64", "got something else at character {}, expected base64", at
  );
}

}  // namespace

void append_base64(std::string& out, std::span<const std::byte> bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < present ? std::to_integer<uint32_t>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += k <= present ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
  }
}

Result<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return malformed(text.size());
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t digits = text.size() - padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kNoDigit) return malformed(i);
    group = group << 6 | value;
    if (i % 4 == 0) continue;
    bytes += static_cast<char>(group >> (6 - i % 4 * 2));
  }
  return bytes;
}

}  // namespace martlet
