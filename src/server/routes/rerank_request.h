// The body of POST /v1/rerank and /v2/rerank, as Cohere's, Jina's and martlet's clients send it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

struct RerankRequest {
  std::string model;
  std::string query;
  std::vector<std::string> documents;  // texts, or the `text` of objects
  int32_t top_n = 0;                   // 0: all
  bool return_documents = false;
  bool raw_scores = false;
  RequestOptions options;
};

Result<RerankRequest> parse_rerank_request(
    std::string_view body, std::chrono::steady_clock::time_point received
);

}  // namespace martlet
