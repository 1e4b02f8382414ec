#include "server/service/answer_assembly.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "pipelines/entities.h"
#include "pipelines/unit_length.h"

namespace martlet {
namespace {

void shape_embedding(const ModelInfo& info, const RequestOptions& options, TextAnswer& answer) {
  if (options.dimensions > 0) answer.values.resize(static_cast<std::size_t>(options.dimensions));
  if (options.normalize.value_or(info.normalize)) scale_to_unit(answer.values);
}

std::vector<Entity> entities_of(
    const LoadedModel& model, const PendingRequest& request, std::size_t index,
    std::span<const float> logits
) {
  const EncodedTexts& texts = *request.texts;
  const auto begin = static_cast<std::size_t>(texts.starts[index]);
  const auto count = static_cast<std::size_t>(texts.tokens(index));
  const LabelledTokens tokens{
      .text = request.inputs[index].text,
      .ids = std::span(texts.ids).subspan(begin, count),
      .characters = std::span(texts.char_offsets).subspan(begin, count),
      .bytes = std::span(texts.byte_offsets).subspan(begin, count),
      .special = std::span(texts.special).subspan(begin, count),
      .logits = logits,
  };
  return find_entities({model.tokenizer, model.info.labels, request.options.entities}, tokens);
}

}  // namespace

void read_traces(std::span<const RequestTrace> traces, RequestFacts& facts) {
  for (const RequestTrace& trace : traces) {
    facts.queue = std::max(facts.queue, trace.queue_time);
    facts.run = std::max(facts.run, trace.run_time);
    facts.batch_texts = std::max(facts.batch_texts, trace.batch_requests);
    facts.batch_tokens = std::max(facts.batch_tokens, static_cast<int32_t>(trace.batch_tokens));
  }
}

SubmitOptions submit_options(const RequestOptions& options) {
  SubmitOptions how;
  how.priority = options.priority;
  if (options.deadline) how.deadline = *options.deadline;
  return how;
}

Status take_refusal(const Refusal& refusal, RequestFacts& facts) {
  if (refusal.retry_after.count() > 0)
    facts.retry_after = std::chrono::ceil<std::chrono::milliseconds>(refusal.retry_after);
  // What the queue never holds is the request's fault.
  if (refusal.reason != RefusalReason::kTooLarge) return refusal.status;
  return error(StatusCode::kInvalidInput, "request", "{}", refusal.status.message());
}

Result<std::vector<TextAnswer>> assemble_answers(
    const LoadedModel& model, PendingRequest& request, std::span<Result<TextValues>> values
) {
  std::vector<TextAnswer> answers(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) return values[i].error();
    if (!values[i]->finite) {
      return error(
          StatusCode::kInternal, "request", "text {}: the model gave values that are not finite", i
      );
    }
    answers[i] = {
        .values = std::move(values[i]->values),
        .tokens = request.texts->tokens(i),
        .original_tokens = request.texts->original_tokens[i],
        .truncated = request.texts->truncated(i),
    };
    if (request.kind == AnswerKind::kEmbedding)
      shape_embedding(model.info, request.options, answers[i]);
    if (request.kind == AnswerKind::kEntities)
      answers[i].entities = entities_of(model, request, i, answers[i].values);
    request.facts.tokens += answers[i].tokens;
    request.facts.truncated += answers[i].truncated ? 1 : 0;
  }
  return answers;
}

}  // namespace martlet
