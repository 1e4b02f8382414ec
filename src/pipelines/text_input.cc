#include "pipelines/text_input.h"

#include <utility>
#include <vector>

#include "core/error.h"

namespace martlet {

Result<TextModel> load_text_model(
    const std::filesystem::path& directory, const EncoderOptions& options
) {
  auto model = load_model_directory(directory);
  if (!model) return model.error();
  auto tokenizer = Tokenizer::load(model->transformer);
  if (!tokenizer) return tokenizer.error();
  auto encoder = load_encoder(model->transformer, options);
  if (!encoder) return encoder.error();
  return TextModel{*std::move(model), *std::move(tokenizer), *std::move(encoder)};
}

TextSource source_of(std::span<const std::string_view> texts) {
  return [texts, next = std::size_t{0}](TextBlock& block) mutable {
    if (next < texts.size()) block.add(texts[next++]);
    return Status();
  };
}

TextSource source_of(std::span<const TextPair> pairs) {
  return [pairs, next = std::size_t{0}](TextBlock& block) mutable {
    if (next < pairs.size()) {
      block.add(pairs[next].first, pairs[next].second);
      ++next;
    }
    return Status();
  };
}

TextSource expanded(
    TextSource source, std::function<void(const TextPair& input, TextBlock& block)> expand
) {
  return [source = std::move(source), expand = std::move(expand), inputs = TextBlock(),
          next = std::size_t{0}](TextBlock& block) mutable -> Status {
    if (next == inputs.size()) {
      next = 0;
      inputs.clear();
      MARTLET_RETURN_IF_ERROR(source(inputs));
    }
    if (next < inputs.size()) expand(inputs[next++], block);
    return {};
  };
}

EncodeTexts encode_with(const Tokenizer& tokenizer, const EncodeOptions& options) {
  return [&tokenizer, options](
             const TextBlock& block, std::size_t begin, std::size_t end, Encodings& encodings
         ) -> Status {
    if (block.pairs() > 0) {
      std::vector<TextPair> pairs;
      for (std::size_t row = begin; row < end; ++row) pairs.push_back(block[row]);
      return tokenizer.encode(pairs, options, encodings);
    }
    std::vector<std::string_view> texts;
    for (std::size_t row = begin; row < end; ++row) texts.push_back(block[row].first);
    return tokenizer.encode(texts, options, encodings);
  };
}

Result<int32_t> resolve_max_length(int32_t asked, const EncoderInfo& info) {
  if (asked == 0) return info.max_length;
  if (asked > 0 && asked <= info.max_length) return asked;
  return error(
      StatusCode::kInvalidArgument, "pipeline", "maximum length, got {}, expected 1 to {}", asked,
      info.max_length
  );
}

StreamOptions resolve_threads(StreamOptions options, const EncoderOptions& encoder) {
  if (options.plan.threads == 0) options.plan.threads = encoder.threads;
  return options;
}

}  // namespace martlet
