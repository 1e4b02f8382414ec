// The tokens <0x00> to <0xFF>, with which a model spells what its vocabulary lacks.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tokenizers/vocabulary.h"

namespace martlet {

class ByteTokens {
 public:
  ByteTokens() { ids_.fill(kNone); }
  explicit ByteTokens(const Vocabulary& vocabulary);

  /// Whether every byte of `bytes` has a token.
  [[nodiscard]] bool has_all(std::string_view bytes) const noexcept;
  /// The token of a byte that has one.
  [[nodiscard]] int32_t id_of(char byte) const noexcept { return ids_[uint8_t(byte)]; }

 private:
  static constexpr int32_t kNone = -1;

  std::array<int32_t, 256> ids_{};
};

}  // namespace martlet
