// What the text pipelines have in common: how they are loaded, sources over lists, the tokenizer as
// a stream's step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "formats/model_directory.h"
#include "martlet/encoder.h"
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"
#include "pipelines/stream_runner.h"

namespace martlet {

/// What a model directory, or a graph file, gives a text pipeline.
struct TextModel {
  ModelDirectory directory;
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
};

Result<TextModel> load_text_model(
    const std::filesystem::path& directory, const EncoderOptions& options
);

/// The list must outlive the source.
TextSource source_of(std::span<const std::string_view> texts);
TextSource source_of(std::span<const TextPair> pairs);

/// What `expand` adds for each input of `source`, one input at a time: what belongs to one input
/// is in one block.
TextSource expanded(
    TextSource source, std::function<void(const TextPair& input, TextBlock& block)> expand
);

/// All results of a pipeline's stream.
template <class Row, class Pipeline>
Result<std::vector<Row>> collect(
    const Pipeline& pipeline, const TextSource& source, const BatchPlan& plan
) {
  std::vector<Row> all;
  const auto append = [&](std::span<const Row> rows) {
    all.insert(all.end(), rows.begin(), rows.end());
    return Status();
  };
  MARTLET_RETURN_IF_ERROR(pipeline.stream(source, append, {.plan = plan}));
  return all;
}

/// Tokenizes with `tokenizer`, which must outlive it.
EncodeTexts encode_with(const Tokenizer& tokenizer, const EncodeOptions& options);

/// Tokens per text: what was `asked` for (0: the model's own limit). kInvalidArgument for more than
/// the model takes.
Result<int32_t> resolve_max_length(int32_t asked, const EncoderInfo& info);

/// `options` with the plan's threads filled in from the encoder's options.
StreamOptions resolve_threads(StreamOptions options, const EncoderOptions& encoder);

}  // namespace martlet
