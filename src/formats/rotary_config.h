// ModernBERT's part of config.json: positions by rotation, and layers that look no further than a
// window.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/json.h"
#include "martlet/status.h"

namespace martlet {

struct RotaryConfig {
  /// Bases of the angles, of layers that see every token and of local ones; 0: nothing is rotated.
  float theta = 0;
  float local_theta = 0;
  std::int32_t window = 0;          // a local layer's tokens see those at most this far away
  std::vector<std::uint8_t> local;  // [layers]: 1 for those that look through the window

  [[nodiscard]] bool rotates() const noexcept { return theta > 0; }
  /// How far tokens of layer `index` see; 0: to the ends of the text.
  [[nodiscard]] std::int32_t window_of(std::size_t index) const noexcept {
    return index < local.size() && local[index] != 0 ? window : 0;
  }
};

/// As transformers reads it, in the keys of its versions 4 and 5. Malformed values are the reader's
/// failures; kUnsupported for angles that are scaled.
Status read_rotary_config(
    JsonReader& reader, std::string_view where, std::int32_t layers, RotaryConfig& out
);

}  // namespace martlet
