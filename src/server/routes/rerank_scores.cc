#include "server/routes/rerank_scores.h"

#include "pipelines/scores.h"

namespace martlet {

std::vector<float> rerank_scores(
    const ModelInfo& info, const std::vector<TextAnswer>& answers, bool raw
) {
  const ScoreFunction function = raw ? ScoreFunction::kNone : info.relevance_function;
  std::vector<float> scores;
  for (const TextAnswer& answer : answers) scores.push_back(relevance(function, answer.values));
  return scores;
}

}  // namespace martlet
