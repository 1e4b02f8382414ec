#include "tokenizers/byte_tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace martlet {

ByteTokens::ByteTokens(const Vocabulary& vocabulary) {
  for (std::size_t byte = 0; byte < ids_.size(); ++byte)
    ids_[byte] = vocabulary.find(fmt::format("<0x{:02X}>", byte)).value_or(kNone);
}

bool ByteTokens::has_all(std::string_view bytes) const noexcept {
  return std::ranges::none_of(bytes, [&](char byte) { return id_of(byte) == kNone; });
}

}  // namespace martlet
