// BertNormalizer: cleans, spaces ideographs, strips accents, lower-cases.
#pragma once

#include <string>
#include <string_view>

#include "formats/tokenizer_json.h"
#include "tokenizers/chars.h"

namespace martlet {

class BertNormalizer {
 public:
  explicit BertNormalizer(const BertNormalizerConfig& config) : config_(config) {}

  /// Normalizes `chars` in place, in linear time. `spare` is working memory.
  void normalize(Chars& chars, Chars& spare) const;

  [[nodiscard]] std::string normalize(std::string_view text) const;

  [[nodiscard]] const BertNormalizerConfig& config() const noexcept { return config_; }

 private:
  BertNormalizerConfig config_;
};

/// Canonical decomposition (NFD) in place. Sources are given out in the order of the result, as the
/// library does: marks that change places do not take their sources with them.
void decompose(Chars& chars, Chars& spare);

/// Any of Unicode's four normal forms, in place, with sources as decompose() has them; what was
/// composed has the first source of its parts.
void to_form(UnicodeForm form, Chars& chars, Chars& spare);

/// Lower-cases in place.
void lowercase(Chars& chars, Chars& spare);

}  // namespace martlet
