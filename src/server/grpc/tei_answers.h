// What text-embeddings-inference's messages mean: requests to inputs and options, answers to
// messages.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/grpc/call_facts.h"
#include "server/service/model_info.h"
#include "server/service/request.h"
#include "tei.pb.h"

namespace martlet {

/// Options that all of its requests have. Nothing is truncated unless the request says so.
template <class Request>
RequestOptions tei_options(const Request& request, const CallFacts& facts) {
  RequestOptions options;
  options.deadline = facts.deadline;
  options.truncate = request.truncate();
  options.side = request.truncation_direction() == tei::v1::TRUNCATION_DIRECTION_LEFT
                     ? TruncationSide::kLeft
                     : TruncationSide::kRight;
  return options;
}

/// kUnsupported: martlet keeps no prompts.
Status refuse_prompt(std::string_view prompt_name);

/// What a request cost. `received` is when its call began.
void write_metadata(
    const RequestFacts& facts, std::chrono::steady_clock::time_point received,
    std::size_t characters, tei::v1::Metadata& out
);

/// Unicode code points.
std::size_t count_characters(std::string_view text) noexcept;

/// The labels of a classifier, best first, by score or, with `raw`, by logit.
void write_predictions(
    const ModelInfo& info, std::span<const float> logits, bool raw, tei::v1::PredictResponse& out
);

/// The texts of a rerank request, best first; each answer has one logit.
void write_ranks(
    std::span<const TextAnswer> answers, const tei::v1::RerankRequest& request,
    tei::v1::RerankResponse& out
);

}  // namespace martlet
