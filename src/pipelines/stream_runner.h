// What every pipeline runs on: texts from a source, through tokenizer and encoder, as rows of fp32
// to a sink, in input order and bounded memory.
//
// Input is cut into windows. The calling thread reads them and delivers their rows; workers
// tokenize one window while they compute the batches of the window before, so that no core waits
// at a border.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "martlet/encoder.h"
#include "martlet/status.h"
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// Replaces the encodings with those of rows [begin, end) of a block, one sequence per row, or for
/// an output of tokens one or more. Called from many threads.
using EncodeTexts = std::function<
    Status(const TextBlock& block, std::size_t begin, std::size_t end, Encodings& encodings)>;

/// What a stream runs with. Does not own; all of it outlives the call.
struct StreamParts {
  EncodeTexts encode;
  Encoder* encoder = nullptr;
  OutputKind output = OutputKind::kLogits;
  /// Consecutive texts of the source that messages count as one input.
  std::size_t texts_of_input = 1;

  /// The output has a row for every token, not for every sequence.
  [[nodiscard]] bool has_token_rows() const noexcept {
    return output == OutputKind::kTokens ||
           (output == OutputKind::kLogits && encoder->info().token_logits);
  }
};

/// A sequence of a block, and where its rows are.
struct SequenceRows {
  std::size_t text = 0;  // in the block
  const Encodings* encodings = nullptr;
  std::size_t index = 0;      // in the encodings
  std::size_t first_row = 0;  // in the block's values
};

/// What became of consecutive texts.
struct RowBlock {
  std::span<const float> values;  // [rows x columns]
  std::size_t columns = 0;
  std::span<const uint8_t> truncated;  // [texts]
  const TextBlock* texts = nullptr;
  std::span<const SequenceRows> sequences;  // of the first text, then of the next

  /// Texts, each of which has one row unless the rows are of tokens.
  [[nodiscard]] std::size_t rows() const noexcept { return truncated.size(); }
  [[nodiscard]] std::span<const float> row(std::size_t index) const noexcept {
    return values.subspan(index * columns, columns);
  }
};

using RowSink = std::function<Status(const RowBlock& block)>;

/// Runs `source` to its end. The first input that fails, in input order and whatever the plan, ends
/// the stream: the rows before it are delivered and its Status names it, counted from 1.
Status run_stream(
    const StreamParts& parts, const StreamOptions& options, const TextSource& source,
    const RowSink& sink
);

}  // namespace martlet
