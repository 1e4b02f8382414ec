#include "server/routes/rerank_scores.h"

#include "pipelines/scores.h"

namespace martlet {

std::vector<float> rerank_scores(
    const ModelInfo& info, const std::vector<TextAnswer>& answers, bool raw
) {
  std::vector<float> scores;
  std::vector<float> row;
  for (const TextAnswer& answer : answers) {
    apply_scores(raw ? ScoreFunction::kNone : info.score_function, answer.values, row);
    scores.push_back(row.back());
  }
  return scores;
}

}  // namespace martlet
