// Puts the tokens of one text or of a pair between special tokens, as the templates say.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "formats/tokenizer_json.h"
#include "martlet/tokenizer.h"
#include "tokenizers/text_tokenizer.h"
#include "tokenizers/truncation.h"

namespace martlet {

/// A text's tokens and the windows of them that sequences are made of; the first is the text itself
/// or what truncation left of it.
struct TextWindows {
  const TextTokens* tokens = nullptr;
  std::span<const Window> windows;
};

class PostProcessor {
 public:
  explicit PostProcessor(PostProcessorConfig config);

  /// Special tokens of a sequence.
  [[nodiscard]] std::size_t added_tokens(bool pair) const noexcept {
    return pair ? added_to_pair_ : added_to_single_;
  }

  /// Appends one sequence per combination of windows, in the library's order: ids, type ids, starts
  /// and, when `options` asks, offsets. `texts` is one text or two. kResourceExhausted when the
  /// sequences would be too large; `out` is then unchanged.
  Status append(std::span<const TextWindows> texts, const EncodeOptions& options, Encodings& out)
      const;

 private:
  Template single_;
  Template pair_;
  std::optional<TrimOffsetsConfig> trim_offsets_;
  bool one_type_ = false;
  std::size_t added_to_single_ = 0;
  std::size_t added_to_pair_ = 0;
};

}  // namespace martlet
