// Logits of tokens to entities, step by step as transformers' TokenClassificationPipeline does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/token_classification.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// One sequence of a text and what the model said of it.
struct LabelledTokens {
  std::string_view text;         // the whole text
  std::span<const int32_t> ids;  // [tokens]
  std::span<const Offset> characters;
  std::span<const Offset> bytes;
  std::span<const uint8_t> special;
  std::span<const float> logits;  // [tokens x labels]
};

/// Sequence `index` of `encodings`, which have offsets.
LabelledTokens labelled_tokens(
    std::string_view text, const Encodings& encodings, std::size_t index,
    std::span<const float> logits
);

/// What entities are made with. Does not own.
struct EntityParts {
  const Tokenizer& tokenizer;
  std::span<const std::string> labels;
  const EntityOptions& options;
};

/// The entities of one sequence, in its order.
std::vector<Entity> find_entities(const EntityParts& parts, const LabelledTokens& tokens);

/// The entities of the windows of one text: of those that overlap, the longest, then the surest.
std::vector<Entity> merge_windows(std::vector<Entity> entities);

}  // namespace martlet
