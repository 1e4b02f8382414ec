// Logits to scores and labels, as transformers' TextClassificationPipeline does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/hf_config.h"
#include "martlet/status.h"
#include "martlet/text_classification.h"

namespace martlet {

/// What transformers applies to a model of so many labels whose config says `problem_type`.
ScoreFunction score_function_for(std::string_view problem_type, std::size_t labels) noexcept;

/// What makes a reranker's logits relevances: `activation_fn` of its config, where it has one label
/// and the config says something. kUnsupported for what martlet does not know.
Result<ScoreFunction> relevance_function(const HfConfig& config);

/// Replaces `scores` with the function of `logits`: computed in double, rounded once to float.
void apply_scores(
    ScoreFunction function, std::span<const float> logits, std::vector<float>& scores
);

/// How well the second text of a pair answers the first: the score of the one label, or of the
/// second of two, which says yes.
float relevance(ScoreFunction function, std::span<const float> logits);

/// The indices of the `count` highest scores (0: all), highest first; of equal scores the earlier
/// one comes first.
std::vector<std::size_t> best_scores(std::span<const float> scores, std::size_t count);

/// The best `top_k` labels (0: all) of one row of logits.
Classification classify(
    ScoreFunction function, std::span<const std::string> labels, std::span<const float> logits,
    std::int32_t top_k
);

}  // namespace martlet
