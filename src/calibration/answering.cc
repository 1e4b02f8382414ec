#include "calibration/answering.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::int32_t kBatchTokens = 2048;

/// Whether its logits are one row a text.
bool classifies(const NativeEncoder& encoder) {
  return encoder.info().labels > 0 && !encoder.info().token_logits;
}

}  // namespace

Result<Answering> Answering::open(
    const std::filesystem::path& model, const Dataset& dataset, const EncoderOptions& options
) {
  auto directory = load_model_directory(model);
  if (!directory) return directory.error();
  Answering answering(std::move(*directory), options);
  const auto tokenizer = Tokenizer::load(answering.directory_.transformer);
  if (!tokenizer) return tokenizer.error();
  const std::vector<std::string_view> texts(dataset.texts.begin(), dataset.texts.end());
  MARTLET_RETURN_IF_ERROR(tokenizer->encode(
      texts, {.max_length = answering.directory_.max_length}, answering.encodings_
  ));
  MARTLET_RETURN_IF_ERROR(answering.read_labels(dataset));
  return answering;
}

Status Answering::read_labels(const Dataset& dataset) {
  const std::vector<std::string>& names = directory_.config.labels;
  for (const std::string& label : dataset.labels) {
    std::size_t index = 0;
    while (index < names.size() && label != names[index] && label != std::to_string(index)) ++index;
    if (index == names.size()) {
      return error(
          StatusCode::kInvalidInput, "calibrate",
          "label, got '{}', expected one of the model's {} by name or number", label, names.size()
      );
    }
    labels_.push_back(index);
  }
  return {};
}

Result<std::unique_ptr<NativeEncoder>> Answering::load(const PrecisionPlan& plan) const {
  return NativeEncoder::load(directory_.transformer, options_, plan);
}

OutputKind Answering::main_output(const NativeEncoder& encoder) const {
  return classifies(encoder) ? OutputKind::kLogits : directory_.pooling;
}

Result<Answers> Answering::answers(NativeEncoder& encoder, std::size_t texts) const {
  texts = std::min(texts, encodings_.sequences());
  Answers answers;
  if (classifies(encoder))
    MARTLET_RETURN_IF_ERROR(run(encoder, OutputKind::kLogits, texts, answers.logits));
  MARTLET_RETURN_IF_ERROR(run(encoder, directory_.pooling, texts, answers.embeddings));
  return answers;
}

/// Batches are consecutive texts, whose results do not depend on which.
Status Answering::run(NativeEncoder& encoder, OutputKind output, std::size_t texts, Rows& rows)
    const {
  const std::vector<std::int32_t>& all = encodings_.starts;
  std::vector<std::int32_t> starts;
  EncoderOutput result;
  for (std::size_t begin = 0; begin < texts;) {
    starts.assign(1, 0);
    std::size_t end = begin;
    do {
      starts.push_back(all[++end] - all[begin]);
    } while (end < texts && all[end + 1] - all[begin] <= kBatchTokens);
    const auto first = static_cast<std::size_t>(all[begin]);
    const auto count = static_cast<std::size_t>(starts.back());
    const TokenBatch batch{
        .ids = std::span(encodings_.ids).subspan(first, count),
        .type_ids = std::span(encodings_.type_ids).subspan(first, count),
        .starts = starts,
    };
    MARTLET_RETURN_IF_ERROR(
        static_cast<Encoder&>(encoder).run(batch, {.output = output, .threads = 0}, result)
    );
    rows.columns = result.columns;
    rows.values.insert(rows.values.end(), result.values.begin(), result.values.end());
    begin = end;
  }
  return {};
}

}  // namespace martlet
