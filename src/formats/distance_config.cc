#include "formats/distance_config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::int32_t kMost = 1 << 20;

/// What stands between bars, or the strings of a list.
std::vector<std::string> read_words(JsonReader& reader, std::string_view key) {
  std::vector<std::string> words;
  const boost::json::value* value = reader.find(key);
  if (value == nullptr) return words;
  if (value->is_string()) {
    std::string word;
    for (const char c : value->get_string()) {
      if (c == '|') {
        words.push_back(std::exchange(word, {}));
      } else if (c != ' ') {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    words.push_back(word);
    return words;
  }
  const boost::json::array* list = reader.array(key);
  if (list == nullptr) return words;
  for (const boost::json::value& word : *list) {
    if (!word.is_string()) {
      reader.reject(key, describe(word), "strings");
      return words;
    }
    words.emplace_back(word.get_string());
  }
  return words;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Status refuse(
    std::string_view where, std::string_view key, std::string_view got, std::string_view expected
) {
  return error(StatusCode::kUnsupported, where, "{}, got {}, expected {}", key, got, expected);
}

/// Attention is what the family's published models have.
Status check_kind(JsonReader& reader, std::string_view where, bool relative) {
  const std::vector<std::string> terms = read_words(reader, "pos_att_type");
  const std::vector<std::string> norms = read_words(reader, "norm_rel_ebd");
  bool shared = false;
  reader.get("share_att_key", shared);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (!relative) {
    if (terms.empty()) return {};
    return refuse(where, "relative_attention", "false", "true, as there is a pos_att_type");
  }
  if (terms.size() != 2 || !has(terms, "c2p") || !has(terms, "p2c"))
    return refuse(where, "pos_att_type", fmt::format("{}", terms), "c2p and p2c");
  if (!shared) return refuse(where, "share_att_key", "false", "true");
  if (!has(norms, "layer_norm"))
    return refuse(where, "norm_rel_ebd", fmt::format("{}", norms), "layer_norm");
  return {};
}

}  // namespace

std::int32_t DistanceConfig::row_of(std::int32_t distance) const noexcept {
  const std::int32_t middle = buckets / 2;
  const std::int32_t steps = std::abs(distance);
  std::int32_t bucket = distance;
  if (buckets > 0 && steps > middle) {
    const auto near = static_cast<float>(middle);
    const float all = std::log(static_cast<float>((farthest - 1) / static_cast<double>(middle)));
    const float share = std::log(static_cast<float>(steps) / near) / all;
    const float large = std::min(std::ceil(share * (near - 1)) + near, static_cast<float>(span));
    bucket = static_cast<std::int32_t>(distance < 0 ? -large : large);
  }
  return std::clamp(bucket + span, 0, rows() - 1);
}

Status read_distance_config(
    JsonReader& reader, std::string_view where, std::int32_t max_positions, DistanceConfig& out
) {
  bool relative = false;
  std::int32_t buckets = -1;
  std::int32_t farthest = -1;
  reader.get("relative_attention", relative);
  reader.get("position_buckets", buckets, {.min = -1, .max = kMost});
  reader.get("max_relative_positions", farthest, {.min = -1, .max = kMost});
  MARTLET_RETURN_IF_ERROR(check_kind(reader, where, relative));
  if (!relative) return {};
  out.farthest = farthest > 0 ? farthest : max_positions;
  out.buckets = std::max(buckets, 0);
  out.span = out.buckets > 0 ? out.buckets : out.farthest;
  // Else logarithms are divided by 0, or there is nothing to share.
  if (out.buckets > 0 && (out.buckets < 4 || out.farthest - 1 <= out.buckets / 2)) {
    reader.reject(
        "position_buckets", fmt::format("{}", buckets),
        fmt::format("4 to {}", std::max(4, 2 * out.farthest - 3))
    );
  }
  return reader.status();
}

}  // namespace martlet
