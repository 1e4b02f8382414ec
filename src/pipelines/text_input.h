// What the text pipelines have in common: sources over lists, and the tokenizer as a stream's step.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "martlet/encoder.h"
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"
#include "pipelines/stream_runner.h"

namespace martlet {

/// The list must outlive the source.
TextSource source_of(std::span<const std::string_view> texts);
TextSource source_of(std::span<const TextPair> pairs);

/// Tokenizes with `tokenizer`, which must outlive it; texts longer than `max_length` are cut, the
/// longer text of a pair first.
EncodeTexts encode_with(const Tokenizer& tokenizer, int32_t max_length);

/// Tokens per text: what was `asked` for (0: the model's own limit). kInvalidArgument for more than
/// the model takes.
Result<int32_t> resolve_max_length(int32_t asked, const EncoderInfo& info);

/// `options` with the plan's threads filled in from the encoder's options.
StreamOptions resolve_threads(StreamOptions options, const EncoderOptions& encoder);

}  // namespace martlet
