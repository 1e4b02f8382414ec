// The normalizer section of a tokenizer.json: steps, one after the other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/tokenizer_json.h"
#include "tokenizers/chars.h"
#include "tokenizers/normalizer.h"

namespace martlet {

class TextNormalizer {
 public:
  explicit TextNormalizer(std::vector<NormalizerStep> steps) : steps_(std::move(steps)) {}

  /// Normalizes `chars` in place, in linear time. `spare` is working memory.
  void normalize(Chars& chars, Chars& spare) const;

  [[nodiscard]] std::string normalize(std::string_view text) const;

  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
  /// The only step, if it is BERT's, which the fast path does too; otherwise nullptr.
  [[nodiscard]] const BertNormalizerConfig* bert() const noexcept;

 private:
  std::vector<NormalizerStep> steps_;
};

}  // namespace martlet
