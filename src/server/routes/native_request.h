// The bodies of martlet's own routes.
//
//   POST /v1/predict  {"inputs": ["good", ["first", "second"]], "top_k": 1}      or just ["good"]
//                     of a token classifier "aggregation": "simple", "ignore_labels": ["O"]
//   POST /v1/zero-shot {"inputs": ["good"], "candidate_labels": ["sports", "film"],
//                       "hypothesis_template": "This example is {}.", "multi_label": false}
//   POST /v1/embed    {"inputs": "good", "normalize": true, "dimensions": 128}
//   POST /v1/tokenize {"inputs": ["good"], "add_special_tokens": true}
//
// All take "model", "truncate", "max_length", "truncation_side", "priority" and "timeout_ms";
// predict and embed take "stream": true for one line of JSON per text.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "martlet/zero_shot_classification.h"
#include "server/service/request.h"

namespace martlet {

struct NativeRequest {
  std::string model;  // empty: the only one
  std::vector<TextInput> inputs;
  RequestOptions options;
  int32_t top_k = 1;  // labels in "top", which is left out for 1
  bool return_logits = true;
  bool stream = false;
  bool bare = false;           // the body was a list: the answer is one, too
  CandidateLabels candidates;  // of /v1/zero-shot
};

/// kInvalidInput for anything malformed; members that are not known are ignored.
Result<NativeRequest> parse_native_request(
    std::string_view body, std::chrono::steady_clock::time_point received
);

/// A body of application/x-ndjson: one item per line, answered as a stream. Empty lines are
/// skipped.
Result<NativeRequest> parse_native_lines(std::string_view body);

}  // namespace martlet
