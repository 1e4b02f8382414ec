// The answers of text-embeddings-inference's routes.
#pragma once

#include <string>
#include <vector>

#include "server/http/message.h"
#include "server/routes/tei_request.h"
#include "server/routes/tokenize_route.h"
#include "server/service/model_info.h"
#include "server/service/serving_options.h"

namespace martlet {

std::string tei_answer_body(
    TeiRoute route, const ModelInfo& info, const TeiRequest& request,
    const std::vector<TextAnswer>& answers
);
std::string tei_tokenize_body(const std::vector<TokenizedText>& texts);
std::string tei_info_body(const ModelInfo& info, const ServingOptions& serving);

/// x-compute-type, x-compute-tokens, x-total-time, ... in whole milliseconds.
void add_tei_headers(const RequestFacts& facts, std::size_t characters, HttpResponse& response);

}  // namespace martlet
