// Tokens back to text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "formats/tokenizer_json.h"

namespace martlet {

class Decoder {
 public:
  explicit Decoder(DecoderConfig config) : config_(std::move(config)) {}

  [[nodiscard]] std::string decode(std::span<const std::string_view> tokens) const;

 private:
  DecoderConfig config_;
};

}  // namespace martlet
