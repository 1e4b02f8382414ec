// A normalizer's "precompiled_charsmap": base64 of the size of a trie in bytes, the trie in units
// of 32 bits, and the replacements that it leads to.
#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "formats/tokenizer_json_parts.h"

namespace martlet::tokenizer_json {
namespace {

/// Standard base64; nullopt when it is malformed.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::array<int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) digits[uint8_t(kAlphabet[i])] = int8_t(i);
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int8_t digit = digits[uint8_t(c)];
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | uint32_t(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(char(bits >> count & 0xFF));
  }
  return bytes;
}

}  // namespace

CharsmapConfig read_charsmap(JsonReader& reader) {
  constexpr std::string_view kKey = "precompiled_charsmap";
  CharsmapConfig config;
  std::string text;
  reader.require(kKey);
  reader.get(kKey, text);
  if (!reader.status().ok()) return config;
  const auto bytes = from_base64(text);
  uint32_t size = 0;
  if (bytes && bytes->size() >= sizeof size) std::memcpy(&size, bytes->data(), sizeof size);
  if (!bytes || bytes->size() < sizeof size || size > bytes->size() - sizeof size ||
      size % 4 != 0) {
    reader.reject(kKey, "something else", "base64 of a trie and its strings");
    return config;
  }
  config.units.resize(size / sizeof(uint32_t));
  if (size > 0) std::memcpy(config.units.data(), bytes->data() + sizeof size, size);
  config.strings = bytes->substr(sizeof size + size);
  return config;
}

}  // namespace martlet::tokenizer_json
