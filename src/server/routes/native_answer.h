// The answers of martlet's own routes.
#pragma once

#include <string>
#include <vector>

#include "server/routes/native_request.h"
#include "server/service/model_info.h"
#include "server/service/request.h"

namespace martlet {

/// {"label":...,"score":...,"top":[...],"logits":[...],"tokens":...,"truncated":...} of one text;
/// "original_tokens" where it was cut. `index` >= 0 is the first member, for streams. Of a token
/// classifier "entities" is in the place of label, score, top and logits.
void append_prediction(
    std::string& out, const ModelInfo& info, const NativeRequest& request, const TextAnswer& answer,
    int64_t index = -1
);

/// {"embedding":[...],"tokens":...,"truncated":...} of one text, for streams.
void append_embedding(std::string& out, const TextAnswer& answer, int64_t index);

/// The whole answer of /v1/predict, /v1/zero-shot, whose answers are those of every text with every
/// candidate, and /v1/embed.
std::string predictions_body(
    const ModelInfo& info, const NativeRequest& request, const std::vector<TextAnswer>& answers,
    const RequestFacts& facts
);
std::string zero_shot_body(
    const ModelInfo& info, const NativeRequest& request, const std::vector<TextAnswer>& answers,
    const RequestFacts& facts
);
std::string embeddings_body(
    const ModelInfo& info, const std::vector<TextAnswer>& answers, const RequestFacts& facts
);

}  // namespace martlet
