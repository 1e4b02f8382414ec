// How well texts answer a query, from a classifier's logits.
#pragma once

#include <vector>

#include "server/service/model_info.h"
#include "server/service/request.h"

namespace martlet {

/// Per text: the one label's logit, or that of the second of two labels, which says yes; through
/// the model's relevance function, as `martlet run` does it, unless `raw`.
std::vector<float> rerank_scores(
    const ModelInfo& info, const std::vector<TextAnswer>& answers, bool raw
);

}  // namespace martlet
