#include "pipelines/scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace martlet {
namespace {

void softmax(std::span<const float> logits, std::vector<float>& scores) {
  const double highest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  for (const float logit : logits)
    scores.push_back(static_cast<float>(std::exp(logit - highest) / sum));
}

}  // namespace

ScoreFunction score_function_for(std::string_view problem_type, std::size_t labels) noexcept {
  if (problem_type == "regression") return ScoreFunction::kNone;
  if (problem_type == "multi_label_classification" || labels == 1) return ScoreFunction::kSigmoid;
  return ScoreFunction::kSoftmax;
}

Result<ScoreFunction> relevance_function(const HfConfig& config) {
  if (config.activation_fn.empty() || config.labels.size() != 1)
    return score_function_for("", config.labels.size());
  const std::string_view name =
      std::string_view(config.activation_fn).substr(config.activation_fn.rfind('.') + 1);
  if (name == "Identity") return ScoreFunction::kNone;
  if (name == "Sigmoid") return ScoreFunction::kSigmoid;
  return error(
      StatusCode::kUnsupported, "rerank", "activation_fn, got '{}', expected Identity or Sigmoid",
      config.activation_fn
  );
}

void apply_scores(
    ScoreFunction function, std::span<const float> logits, std::vector<float>& scores
) {
  scores.clear();
  if (logits.empty()) return;
  switch (function) {
    case ScoreFunction::kSoftmax:
      return softmax(logits, scores);
    case ScoreFunction::kSigmoid:
      for (const double logit : logits)
        scores.push_back(static_cast<float>(1 / (1 + std::exp(-logit))));
      return;
    case ScoreFunction::kNone:
      scores.assign(logits.begin(), logits.end());
      return;
  }
}

float relevance(ScoreFunction function, std::span<const float> logits) {
  std::vector<float> scores;
  apply_scores(function, logits, scores);
  return scores.back();
}

std::vector<std::size_t> best_scores(std::span<const float> scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t kept = count == 0 ? order.size() : std::min(count, order.size());
  const auto better = [&](std::size_t a, std::size_t b) {
    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
  };
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(kept), better);
  order.resize(kept);
  return order;
}

Classification classify(
    ScoreFunction function, std::span<const std::string> labels, std::span<const float> logits,
    std::int32_t top_k
) {
  std::vector<float> scores;
  apply_scores(function, logits, scores);
  Classification result;
  for (const std::size_t label : best_scores(scores, static_cast<std::size_t>(top_k)))
    result.top.push_back({labels[label], scores[label]});
  result.label = result.top.front().label;
  result.score = result.top.front().score;
  result.logits.assign(logits.begin(), logits.end());
  return result;
}

}  // namespace martlet
