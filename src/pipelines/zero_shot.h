// What zero-shot classification asks a model of natural language inference, and how its logits
// become scores: the pipeline's and the server's share.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "martlet/zero_shot_classification.h"

namespace martlet {

/// Which logits count.
struct InferenceLabels {
  std::size_t entailment = 0;
  std::size_t contradiction = 0;
};

/// The first label that begins with "entail", in any case; the contradiction is the first label, or
/// the last where that is the entailment. Empty when there is none.
std::optional<InferenceLabels> find_inference_labels(std::span<const std::string> labels);

/// One hypothesis per candidate. kInvalidArgument as ZeroShotClassificationPipeline::run.
Result<std::vector<std::string>> make_hypotheses(const CandidateLabels& candidates);

/// Scores of the candidates, best first, from their logits [candidates x labels].
std::vector<LabelScore> rank_candidates(
    const CandidateLabels& candidates, const InferenceLabels& ids, std::span<const float> logits
);

}  // namespace martlet
