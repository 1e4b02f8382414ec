// Any text is a config.json that parses, with every number in its range, or a typed error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/hf_config.h"

namespace {

bool in_range(std::int32_t value, std::int32_t min) { return value >= min && value <= 1 << 20; }

/// Rows are in the table, and do not fall as distances rise.
bool is_sound(const martlet::DistanceConfig& distances) {
  constexpr std::int32_t kSteps[] = {0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 511, 512, 70'000, 1 << 20};
  std::int32_t last = distances.row_of(0);
  std::int32_t last_before = last;
  for (const std::int32_t steps : kSteps) {
    const std::int32_t row = distances.row_of(steps);
    const std::int32_t before = distances.row_of(-steps);
    if (before < 0 || row >= distances.rows() || row < last || before > last_before) return false;
    last = row;
    last_before = before;
  }
  return true;
}

bool is_sound(const martlet::HfConfig& config) {
  return in_range(config.vocab_size, 1) && in_range(config.hidden_size, 1) &&
         in_range(config.layers, 1) && in_range(config.heads, 1) &&
         in_range(config.intermediate_size, 1) && in_range(config.max_positions, 1) &&
         in_range(config.type_vocab_size, 0) && config.hidden_size % config.heads == 0 &&
         (!config.distances.matter() || is_sound(config.distances)) &&
         config.layer_norm_eps >= 0.0F && config.labels.size() <= 1 << 20;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = martlet::parse_hf_config(text, "fuzz");
  if (config ? !is_sound(*config) : config.status().message().find('\n') != std::string::npos) {
    std::abort();
  }
  return 0;
}
