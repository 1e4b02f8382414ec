#include "tokenizers/charsmap.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tokenizers/graphemes.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

constexpr std::size_t kShort = 6;  // bytes from which on a cluster is not looked up whole

/// A unit of the double array.
struct Unit {
  uint32_t bits;

  [[nodiscard]] bool has_leaf() const { return (bits >> 8 & 1) != 0; }
  [[nodiscard]] uint32_t value() const { return bits & 0x7FFFFFFFU; }
  [[nodiscard]] uint32_t label() const { return bits & 0x800000FFU; }
  [[nodiscard]] uint32_t offset() const { return (bits >> 10) << ((bits & 1U << 9) >> 6); }
};

/// The replacement of the shortest string in the table that `bytes` begin with. The table is not
/// trusted: what leads out of it is no match.
std::optional<std::string_view> find(const CharsmapConfig& charsmap, std::string_view bytes) {
  const std::vector<uint32_t>& units = charsmap.units;
  if (units.empty()) return std::nullopt;
  uint32_t at = Unit{units[0]}.offset();
  for (const char c : bytes) {
    const auto byte = uint8_t(c);
    at ^= byte;
    if (byte == 0 || at >= units.size()) break;
    const Unit unit{units[at]};
    if (unit.label() != byte) break;
    at ^= unit.offset();
    if (!unit.has_leaf()) continue;
    if (at >= units.size() || Unit{units[at]}.value() >= charsmap.strings.size()) break;
    const std::string_view from =
        std::string_view(charsmap.strings).substr(Unit{units[at]}.value());
    return from.substr(0, from.find('\0'));
  }
  return std::nullopt;
}

// While a text is rewritten, `source` says what a code point stands for: 0, for one code point of
// the text; less, for as many more; 1, for none, as it was added.

void push_replacement(std::size_t replaced, std::string_view text, Chars& out) {
  std::size_t added = 0;
  for (std::size_t position = 0; position < text.size(); ++added) {
    out.push_back({unicode::read_utf8(text, position), added < replaced ? 0 : 1});
  }
  // As in the library: what is removed counts for the code point before it, if there is one.
  if (added < replaced && !out.empty()) out.back().source -= int32_t(replaced - added);
}

/// Gives the rewritten code points their sources.
void take_sources(const Chars& chars, Chars& rewritten) {
  std::size_t consumed = 0;
  for (Char& c : rewritten) {
    const int32_t change = c.source;
    const std::size_t own = change > 0 && consumed > 0 ? consumed - 1 : consumed;
    c.source = chars[std::min(own, chars.size() - 1)].source;
    if (change <= 0) consumed += 1 + std::size_t(-change);
  }
}

/// Appends what `cluster` becomes; whether it was in the table.
bool push_cluster(const CharsmapConfig& charsmap, std::span<const Char> cluster, Chars& out) {
  std::string bytes;
  if (cluster.size() < kShort) {
    for (const Char& c : cluster) unicode::append_utf8(c.code, bytes);
    if (bytes.size() < kShort) {
      if (const auto text = find(charsmap, bytes)) {
        push_replacement(cluster.size(), *text, out);
        return true;
      }
    }
  }
  bool changed = false;
  for (const Char& c : cluster) {
    bytes.clear();
    unicode::append_utf8(c.code, bytes);
    const auto text = find(charsmap, bytes);
    if (text) {
      push_replacement(1, *text, out);
      changed = true;
    } else {
      out.push_back({c.code, 0});
    }
  }
  return changed;
}

}  // namespace

void apply_charsmap(const CharsmapConfig& charsmap, Chars& chars, Chars& spare) {
  spare.clear();
  bool changed = false;
  for (std::span<const Char> rest = chars; !rest.empty();) {
    const std::size_t length = cluster_length(rest);
    changed |= push_cluster(charsmap, rest.first(length), spare);
    rest = rest.subspan(length);
  }
  if (!changed) return;
  take_sources(chars, spare);
  chars.swap(spare);
}

}  // namespace martlet
