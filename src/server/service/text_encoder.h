// Texts of a request to token ids, with what truncation did to each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "martlet/status.h"
#include "martlet/tokenizer.h"
#include "server/service/model_info.h"
#include "server/service/request.h"

namespace martlet {

/// Sequence i is ids[starts[i]] .. ids[starts[i + 1] - 1].
struct EncodedTexts {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<int32_t> starts{0};
  std::vector<int32_t> original_tokens;  // [texts]: before truncation
  std::vector<Offset> char_offsets;      // [tokens], of a token classifier; else empty
  std::vector<Offset> byte_offsets;      // the same
  std::vector<uint8_t> special;          // the same
  bool typed = false;                    // some type id may be other than 0

  [[nodiscard]] std::size_t size() const noexcept { return original_tokens.size(); }
  [[nodiscard]] int32_t tokens(std::size_t text) const noexcept {
    return starts[text + 1] - starts[text];
  }
  [[nodiscard]] bool truncated(std::size_t text) const noexcept {
    return original_tokens[text] > tokens(text);
  }
};

struct TextLimits {
  int32_t max_length = 0;       // tokens per text, > 0
  int32_t vocab_size = 0;       // ids are below it
  int32_t type_vocab_size = 0;  // and so are type ids
  bool offsets = false;         // where each token stands is needed
};

inline TextLimits text_limits(const ModelInfo& info) {
  return {
      .max_length = info.max_length,
      .vocab_size = info.encoder.vocab_size,
      .type_vocab_size = info.encoder.type_vocab_size,
      .offsets = info.task == ModelTask::kTokenClassification,
  };
}

/// Appends the inputs to `out`. On failure `out` is empty and the message says which text of it was
/// the culprit, counted from 0: kInvalidInput for ids that there are not, for a text that gives no
/// tokens and, where options.truncate is false, for a text that is too long; kUnsupported for a
/// pair that is to be cut on the left and, where limits.offsets is true, for anything but one text.
Status encode_inputs(
    const Tokenizer& tokenizer, std::span<const TextInput> inputs, const RequestOptions& options,
    const TextLimits& limits, EncodedTexts& out
);

}  // namespace martlet
