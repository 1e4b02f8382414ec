#include "pipelines/zero_shot.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "pipelines/scores.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "zero-shot-classification";

bool says_entailment(std::string_view label) {
  constexpr std::string_view kPrefix = "entail";
  const auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return label.size() >= kPrefix.size() &&
         std::ranges::equal(label.substr(0, kPrefix.size()), kPrefix, equal);
}

Status check_template(std::string_view text) {
  const std::size_t place = text.find("{}");
  const bool plain = std::ranges::count(text, '{') == 1 && std::ranges::count(text, '}') == 1;
  if (place != std::string_view::npos && plain) return {};
  return error(
      StatusCode::kInvalidArgument, kWhere,
      "hypothesis template, got '{}', expected one with one {{}} for the label and no other brace",
      text
  );
}

/// Of entailment against contradiction.
float score_alone(std::span<const float> logits, const InferenceLabels& ids) {
  const std::array<float, 2> both{logits[ids.contradiction], logits[ids.entailment]};
  return relevance(ScoreFunction::kSoftmax, both);
}

}  // namespace

std::optional<InferenceLabels> find_inference_labels(std::span<const std::string> labels) {
  const auto found = std::ranges::find_if(labels, says_entailment);
  if (found == labels.end() || labels.size() < 2) return std::nullopt;
  const auto entailment = static_cast<std::size_t>(found - labels.begin());
  return InferenceLabels{entailment, entailment == 0 ? labels.size() - 1 : 0};
}

Result<std::vector<std::string>> make_hypotheses(const CandidateLabels& candidates) {
  if (candidates.labels.empty()) {
    return error(StatusCode::kInvalidArgument, kWhere, "got no candidate labels, expected some");
  }
  MARTLET_RETURN_IF_ERROR(check_template(candidates.hypothesis_template));
  std::vector<std::string> hypotheses;
  for (const std::string& label : candidates.labels) {
    std::string hypothesis = candidates.hypothesis_template;
    hypotheses.push_back(hypothesis.replace(hypothesis.find("{}"), 2, label));
  }
  return hypotheses;
}

std::vector<LabelScore> rank_candidates(
    const CandidateLabels& candidates, const InferenceLabels& ids, std::span<const float> logits
) {
  const std::size_t count = candidates.labels.size();
  const std::size_t width = logits.size() / count;
  std::vector<float> scores;
  std::vector<float> entailments;
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = logits.subspan(i * width, width);
    entailments.push_back(row[ids.entailment]);
    scores.push_back(score_alone(row, ids));
  }
  if (!candidates.multi_label && count > 1)
    apply_scores(ScoreFunction::kSoftmax, entailments, scores);
  std::vector<LabelScore> ranked;
  for (const std::size_t index : best_scores(scores, 0))
    ranked.push_back({candidates.labels[index], scores[index]});
  return ranked;
}

}  // namespace martlet
