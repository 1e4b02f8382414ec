#include "server/grpc/tei_answers.h"

#include <algorithm>

#include "core/error.h"
#include "formats/json.h"
#include "pipelines/scores.h"

namespace martlet {
namespace {

std::vector<float> scores_of(ScoreFunction function, std::span<const float> logits) {
  std::vector<float> scores;
  apply_scores(function, logits, scores);
  return scores;
}

uint64_t nanoseconds(std::chrono::nanoseconds time) {
  return static_cast<uint64_t>(std::max<int64_t>(time.count(), 0));
}

}  // namespace

Status refuse_prompt(std::string_view prompt_name) {
  if (prompt_name.empty()) return {};
  return error(
      StatusCode::kInvalidInput, "prompt_name", "this model has no prompts, got {}, expected none",
      in_quotes(prompt_name)
  );
}

void write_metadata(
    const RequestFacts& facts, std::chrono::steady_clock::time_point received,
    std::size_t characters, tei::v1::Metadata& out
) {
  out.set_compute_chars(static_cast<uint32_t>(characters));
  out.set_compute_tokens(static_cast<uint32_t>(facts.tokens));
  out.set_total_time_ns(nanoseconds(std::chrono::steady_clock::now() - received));
  out.set_tokenization_time_ns(nanoseconds(facts.tokenize));
  out.set_queue_time_ns(nanoseconds(facts.queue));
  out.set_inference_time_ns(nanoseconds(facts.run));
}

std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;  // not a continuation byte
  }));
}

void write_predictions(
    const ModelInfo& info, std::span<const float> logits, bool raw, tei::v1::PredictResponse& out
) {
  const std::vector<float> scores =
      scores_of(raw ? ScoreFunction::kNone : info.score_function, logits);
  for (const std::size_t label : best_scores(scores, 0)) {
    tei::v1::Prediction& prediction = *out.add_predictions();
    prediction.set_score(scores[label]);
    prediction.set_label(info.labels[label]);
  }
}

void write_ranks(
    std::span<const TextAnswer> answers, const tei::v1::RerankRequest& request,
    tei::v1::RerankResponse& out
) {
  const auto function = request.raw_scores() ? ScoreFunction::kNone : ScoreFunction::kSigmoid;
  std::vector<float> scores;
  for (const TextAnswer& answer : answers) scores.push_back(relevance(function, answer.values));
  for (const std::size_t text : best_scores(scores, 0)) {
    tei::v1::Rank& rank = *out.add_ranks();
    rank.set_index(static_cast<uint32_t>(text));
    rank.set_score(scores[text]);
    if (request.return_text()) rank.set_text(request.texts(static_cast<int>(text)));
  }
}

}  // namespace martlet
